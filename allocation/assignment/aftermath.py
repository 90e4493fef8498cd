"""What was notified of a call, read again: each letter against the journal, and the places that stood after the release and
after each corrective act, against the rules the call published. Read only; it trusts nothing the acts checked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from obstore.exceptions import BaseError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_outcome, act_rules, queries, standing
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.models import Award, Decision, Proposal
from calls.models import Application, Call
from intervalle import clock, files
from intervalle.french import long_date, plural
from intervalle.journal import JournalEntry
from intervalle.outbox import StoredFile

Keys = Mapping[str, Mapping[str, int]]
Act = tuple[CorrectiveAct, list[ActLine]]


@dataclass
class Notified:
    """The rows of a notified call. `documents`: the problem and the row keys each moment rests on."""

    call: Call
    proposal: Proposal
    decisions: list[Decision]
    awards: list[Award]
    acts: list[Act]
    entries: list[JournalEntry]
    labels: dict[int, str]
    letters: dict[int, str] = field(default_factory=dict)  # stored file -> SHA-256 of its bytes, '' when unreadable


async def reread(db: AsyncSession, proposal: Proposal) -> tuple[list[str], list[str]]:
    """(what does not hold, what was checked), in French; nothing of either when the proposal was not notified."""
    call = (await db.execute(select(Call).where(Call.id == proposal.call_id))).scalar_one()
    if proposal.retained_at is None or call.released_at is None:
        return [], []
    seen = await _read(db, call, proposal)
    faults, checked = _first_day(seen)
    documents: dict[str, Any] = json.loads(proposal.input)
    keys: Keys = proposal.keys
    for act, lines in seen.acts:
        if act.input is not None:
            documents, keys = json.loads(act.input), act.keys
        found = _act(seen, act, lines, documents, keys)
        faults += [f"Acte rectificatif n° {act.number} : {fault}" for fault in found]
        checked.append(
            f"Acte rectificatif n° {act.number} du {_day(act.released_at)} ({plural(len(lines), 'ligne', 'lignes')}) : journal, "
            "lettres, places données et reprises, surfaces par demi-journée, incompatibilités, quotas, plafond par "
            "organisme et choix de la commission"
            + (f", {plural(len(act.passed_over), 'règle écartée', 'règles écartées')} avec son motif." if act.passed_over else ".")
        )  # fmt: skip
    return faults, checked


async def _read(db: AsyncSession, call: Call, proposal: Proposal) -> Notified:
    acts: dict[int, Act] = {}
    for line, act in await db.execute(standing.released_lines(call.id)):
        acts.setdefault(act.id, (act, []))[1].append(line)
    actions = ("decisions.release", "decisions.correct")
    entries = select(JournalEntry).where(JournalEntry.chain == call.chain, JournalEntry.action.in_(actions))
    labels = select(Application).where(Application.call_id == call.id)
    decisions = select(Decision).where(Decision.call_id == call.id).order_by(Decision.id)
    seen = Notified(
        call=call, proposal=proposal, decisions=list((await db.execute(decisions)).scalars()),
        awards=list((await db.execute(queries.awards_of(call.id))).scalars()), acts=list(acts.values()),
        entries=list((await db.execute(entries.order_by(JournalEntry.number))).scalars()),
        labels={row.id: row.label for row in (await db.execute(labels)).scalars()},
    )  # fmt: skip
    kept = {row.letter_file_id for row in seen.decisions} | {row.letter_file_id for row in seen.awards}
    kept |= {line.letter_file_id for _, lines in seen.acts for line in lines}
    stored = select(StoredFile).where(StoredFile.id.in_(kept - {None}))
    for one in (await db.execute(stored)).scalars():
        seen.letters[one.id] = await _fingerprint(one)
    return seen


async def _fingerprint(stored: StoredFile) -> str:
    try:
        return sha256(await files.read(stored)).hexdigest()
    except (BaseError, OSError, RuntimeError):  # gone, unreadable, or no longer the bytes its row says
        return ""


def _first_day(seen: Notified) -> tuple[list[str], list[str]]:
    """The release: decisions, letters and places as the journal says they left."""
    entry = next((one for one in seen.entries if one.action == "decisions.release"), None)
    if entry is None:
        return ["Le journal ne dit rien de la notification de cet appel."], []
    rows = [row for row in seen.decisions if row.released_at]
    faults = _as_written(seen, rows, entry.facts.get("decisions", []))
    if entry.facts.get("proposal", {}).get("result_sha256", seen.proposal.result_sha256) != seen.proposal.result_sha256:
        faults.append("Le journal dit qu’une autre proposition a été notifiée.")
    problem = json.loads(seen.proposal.input)
    given = [one for one in seen.awards if one.released_at == seen.call.released_at]
    faults += _places(rows, given, seen.labels) + _too_full(problem, seen.proposal.keys, given)
    offers = [one for one in seen.awards if one.letter_file_id and not seen.letters.get(one.letter_file_id)]
    faults += [
        f"{seen.labels[one.application_id]} : la lettre de l’offre de la réserve est absente ou changée."
        for one in offers
    ]
    checked = (
        f"Notification du {_day(seen.call.released_at)} : "
        f"{plural(len(rows), 'décision comparée au journal avec sa lettre', 'décisions comparées au journal avec leurs lettres')}, places données, surfaces par demi-journée."
    )
    return faults, [checked]


def _as_written(seen: Notified, rows: Iterable[Decision | ActLine], facts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Rows and bytes of letters against the facts of the journal."""
    told = {fact["application"]: fact for fact in facts}
    faults = []
    for row in rows:
        name, fact = seen.labels[row.application_id], told.pop(row.application_id, None)
        if fact is None or (fact["outcome"], fact["lot"], _area(fact)) != (row.outcome, row.lot_id, row.area):
            faults.append(f"{name} : la décision n’est pas celle que dit le journal.")
        elif seen.letters.get(row.letter_file_id or 0) != fact["letter_sha256"]:
            faults.append(f"{name} : la lettre n’est pas celle qui est partie, ou elle manque.")
    return faults + [
        f"{seen.labels.get(id, id)} : le journal dit une décision qui n’existe plus." for id in sorted(told)
    ]


def _area(fact: Mapping[str, Any]) -> Decimal | None:
    return None if fact["area"] is None else Decimal(fact["area"])


def _places(rows: Iterable[Decision | ActLine], given: Iterable[Award], labels: Mapping[int, str]) -> list[str]:
    """Each place decided is given, as decided, and no other."""
    decided = {row.application_id: (row.lot_id, row.area) for row in rows if row.outcome == "awarded"}
    held = {one.application_id: (one.lot_id, one.area) for one in given}
    return [
        f"{labels[id]} : la place donnée n’est pas celle de la décision."
        for id in sorted(decided.keys() | held.keys())
        if decided.get(id) != held.get(id)
    ]


def _act(seen: Notified, act: CorrectiveAct, lines: list[ActLine], document: dict[str, Any], keys: Keys) -> list[str]:
    entry = next(
        (one for one in seen.entries if one.subject == f"act:{act.id}" and one.action == "decisions.correct"), None
    )
    if entry is None or act.released_at is None:
        return ["le journal n’en dit rien."]
    faults = _as_written(seen, lines, entry.facts["lines"])
    spelled = sha256(act.input.encode()).hexdigest() if act.input else None
    if (entry.facts["motive"], entry.facts["passed_over"], entry.facts["input_sha256"]) != (
        act.motive,
        act.passed_over,
        spelled,
    ):
        faults.append("son motif, les règles qu’il écarte ou ses données ont changé depuis le journal.")
    given = [one for one in seen.awards if one.released_at == act.released_at]
    faults += _places(lines, given, seen.labels)
    taken = {line.before_award_id for line in lines} - {None}
    faults += [
        f"{seen.labels[one.application_id]} : la place reprise par l’acte est encore tenue."
        for one in seen.awards
        if one.id in taken and one.withdrawn_at != act.released_at
    ]
    before = [one for one in seen.awards if _stood(one, act.released_at, included=False)]
    after = [one for one in seen.awards if _stood(one, act.released_at, included=True)]
    faults += _too_full(document, keys, after)
    lots = {id: label for label, id in keys["lots"].items()}
    names = {label: label for label in seen.labels.values()}
    was, now = ({seen.labels[one.application_id]: lots[one.lot_id] for one in held} for held in (before, after))
    given_back = {seen.labels[line.application_id] for line in lines if line.ground == "beneficiary"}
    bound = act_outcome.with_choices(document, direct=seen.call.kind == "direct", given_back=given_back)
    rules = act_outcome.judge(bound, was, now, names)
    faults += rules.blocking
    return faults + [
        f"{said} n’est plus tenue après cet acte, et il ne le dit pas." for name, said in rules.broken.items() if name not in act.passed_over
    ]  # fmt: skip


def _stood(award: Award, at: datetime, *, included: bool) -> bool:
    """Was the place held at that instant: just after what happened then (`included`), or just before?"""

    def past(instant: datetime | None) -> bool:
        return instant is not None and (instant <= at if included else instant < at)

    if not past(award.released_at) or past(award.declined_at) or past(award.withdrawn_at):
        return False
    return past(award.accepted_at) or not (award.offer_expires_at and award.offer_expires_at <= at)


def _too_full(document: Mapping[str, Any], keys: Keys, held: Iterable[Award]) -> list[str]:
    lots = {id: label for label, id in keys["lots"].items()}
    rooms = {row["id"]: Decimal(str(row["area"])) for row in document["lots"]}
    return act_rules.overfull(rooms, [(lots[one.lot_id], one.area, one.slots) for one in held])


def _day(instant: datetime | None) -> str:
    return long_date(instant.astimezone(clock.PARIS).date()) if instant else ""
