"""The ranking of 10,000 applications × 8 criteria × 7 jurors, against the bare SQL through psql on the same database.

    python bench/ranking.py [files]

Makes its own database beside the private test server (or that of INTERVALLE_BENCH_SERVER) and drops it. For each rule of
the call, interleaved, the median of the rounds:

- ours: what the ranking page and the freezing of the ranking read and compute: who may score what, which sheets are in,
  the combined marks with mean, median and spread, what is missing, the totals, the tie-breaks and the ranks;
- SQL: by hand, the same combination in exact whole numbers, the total rounded once, ranks and tie-break, nothing else.

Both must give the same files at the same ranks with the same totals. Ends with status 1 when they do not, or above 1.5
times. Beside, without a target: the whole act of freezing (quorum, conflicts, 10,000 rows with their detail, journal).
"""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from bench.panels import CALL, STAFF, panel  # noqa: E402 - the path is set above
from bench.supply import plain, url_of  # noqa: E402

ROUNDS, TARGET = 7, 1.5
# Combined mark of one criterion of one file, as (numerator, denominator); 840 is a multiple of 1 … 8.
COMBINED = {
    "mean": "sum(m.value), count(m.value)",
    "median": "(2 * percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value))::int, 2",
    "trimmed_mean": "sum(m.value) - min(m.value) - max(m.value), count(m.value) - 2",
}
BARE = """
SELECT a.number, rank() OVER (ORDER BY y.total DESC, a.submitted_at), y.total FROM (
  SELECT x.application_id, round(sum(c.weight * x.top * (840 / x.bottom))::numeric / (840 * 5), 2) AS total FROM (
    SELECT s.application_id, m.criterion_id, {combined}
    FROM marks m JOIN score_sheets s ON s.id = m.sheet_id JOIN seats t ON t.id = s.seat_id
    WHERE t.panel_id = 1 AND t.voting AND t.left_at IS NULL AND s.submitted_at IS NOT NULL AND NOT s.abstained AND m.value IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM recusals r WHERE r.seat_id = s.seat_id AND r.application_id = s.application_id AND r.lifted_at IS NULL)
    GROUP BY 1, 2) x (application_id, criterion_id, top, bottom)
  JOIN criteria c ON c.id = x.criterion_id GROUP BY 1) y
JOIN applications a ON a.id = y.application_id JOIN admissibilities d ON d.application_id = a.id AND d.admissible
WHERE a.call_id = 1 AND a.withdrawn_at IS NULL ORDER BY 2, 1;
"""
Rows = list[tuple[int, int, str]]


class Psql:
    """One psql session, as a person at the database has it: the time includes what psql prints."""

    def __init__(self, database: str) -> None:
        command = ["psql", plain(url_of(database)), "-XqtA", "-F", ","]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, statement: str) -> Rows:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(statement + "\\echo end\n")
        self.process.stdin.flush()
        lines = iter(self.process.stdout.readline, "end\n")
        return [(int(number), int(rank), total.strip()) for number, rank, total in (line.split(",") for line in lines)]

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)


async def ours(sessions: Any) -> Rows:
    """The board of the call and its ranking, as rankings.rank computes it."""
    from sqlalchemy import select, true

    from allocation.selection import boards
    from allocation.selection.models import Panel
    from calls.models import Call

    async with sessions() as db:
        call = (await db.execute(select(Call).where(Call.id == CALL))).scalar_one()
        its = (await db.execute(select(Panel).where(Panel.call_id == CALL))).scalar_one()
        board = await boards.load(db, call, its, seen=true())
        if board.quorum_gaps or board.blocked:
            raise SystemExit("The generated call is not complete.")
        return [(int(row.file[2:]), row.rank, str(row.total)) for row in board.result.ranked]


async def freeze(sessions: Any) -> float:
    """Seconds of the whole act, undone afterwards."""
    from sqlalchemy import select

    from allocation.selection import rankings
    from calls.models import Call
    from intervalle.accounts.models import User
    from intervalle.accounts.sessions import actor_for

    async with sessions() as db:
        call = (await db.execute(select(Call).where(Call.id == CALL))).scalar_one()
        staff = (await db.execute(select(User).where(User.id == STAFF))).scalar_one()
        actor = replace(await actor_for(db, staff), second_factor=True)
        begun = perf_counter()
        await rankings.rank(db, actor, call)
        await db.flush()
        seconds = perf_counter() - begun
        await db.rollback()
        return seconds


async def measure(rule: str, files: int) -> int:
    from intervalle import models  # noqa: F401 - every table is known
    from intervalle.db import make_engine, make_sessions
    from intervalle.settings import Settings

    with panel(files, rule=rule) as database:
        engine = make_engine(Settings(database_url=url_of(database)), pool_size=1, statement_timeout=0)
        sessions, psql = make_sessions(engine), Psql(database)
        statement = BARE.format(combined=COMBINED[rule])
        times: tuple[list[float], list[float]] = [], []
        same = True
        try:
            for _round in range(ROUNDS + 1):
                begun = perf_counter()
                mine = await ours(sessions)
                middle = perf_counter()
                bare = psql.ask(statement)
                times[0].append(middle - begun)
                times[1].append(perf_counter() - middle)
                same &= sorted(mine) == sorted(bare) and len(bare) == files
            whole = await freeze(sessions)
        finally:
            psql.close()
            await engine.dispose()
    own, sql = (median(series[1:]) for series in times)
    verdict = "same ranking" if same else "THE RANKINGS DIFFER"
    print(f"{rule:>13}: ours {own * 1000:6.0f} ms   SQL {sql * 1000:6.0f} ms   ratio {own / sql:.2f}   {verdict}; freezing it all {whole:.1f} s", flush=True)  # fmt: skip
    return 0 if same and own <= TARGET * sql else 1


async def main(files: int) -> int:
    print(f"{files} applications × 8 criteria × 7 jurors, load {os.getloadavg()[0]:.1f}; target: {TARGET} times", flush=True)  # fmt: skip
    return max([await measure(rule, files) for rule in COMBINED])


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
