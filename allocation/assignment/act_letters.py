"""The letters of a corrective act, read from its rows as they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_outcome, acts, letters, notices, standing
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.act_outcome import Outcome
from allocation.assignment.act_rules import Change, takes_back
from allocation.assignment.letters import Letter, Setting
from allocation.assignment.models import Appeal, Decision
from allocation.assignment.standing import Standing
from calls.models import Application, Call
from intervalle import clock
from intervalle.french import long_date, square_metres

BASES = {
    "unlawful": "Cette attribution est illégale : elle est retirée dans les quatre mois de sa date (CRPA, art. L242-1).",
    "fraud": "Cette attribution a été obtenue par fraude : elle est retirée (CRPA, art. L241-2).",
    "condition": "Une condition à laquelle cette attribution était soumise n’est plus remplie : elle prend fin (CRPA, art. L242-2).",
    "beneficiary": "Vous avez demandé qu’il soit mis fin à cette attribution (CRPA, art. L242-4).",
    "judgment": "Un jugement a annulé cette attribution.",
}
PRIVATE_BASES = BASES | {
    "unlawful": "Cette attribution ne respectait pas le règlement de la consultation : elle est retirée.",
    "fraud": "Cette attribution a été obtenue par fraude : elle est retirée.",
    "condition": "Une condition à laquelle cette attribution était soumise n’est plus remplie : elle prend fin.",
    "beneficiary": "Vous avez demandé qu’il soit mis fin à cette attribution.",
}
BEFORE = {
    "reserve": "votre candidature était inscrite sur la liste de réserve",
    "refused": "votre candidature n’avait pas été retenue",
    "inadmissible": "votre candidature avait été déclarée non recevable",
    "given_up": "une place vous avait été proposée, et elle était rendue",
}


@dataclass(frozen=True)
class ActLetter:
    """One line with what stands, and its letter. `week`: the half-days of its place, None for the whole week."""

    line: ActLine
    one: Standing
    change: Change
    letter: Letter
    week: list[str] | None


async def draw_all(db: AsyncSession, call: Call, act: CorrectiveAct, *, fresh: bool = False) -> list[ActLetter]:
    """Every letter of the act, as it would leave today, in the order of the files' numbers."""
    setting = await letters.setting_of(db, call)
    stands = await standing.of_call(db, call, fresh=fresh)
    appeal = await db.get(Appeal, act.appeal_id) if act.appeal_id else None
    lines = await acts.lines_of(db, act)
    problem, keys = await documents_of(db, call, act)
    weeks = {row["id"]: row["slots"] for row in problem["applications"]}
    with letters.in_french():
        broken = outcome_of(problem, keys, lines, stands).broken
    passed = [_passed_over(said, act.passed_over[name]) for name, said in broken.items() if name in act.passed_over]
    found = []
    for line in lines:
        one = stands[line.application_id]
        change = change_of(line, one, setting)
        decision = _as_decision(act, line, one, change, setting, appeal, passed)
        html = letters.draw(
            setting, decision, one.application, one.organisation, object=_object(line, change), marks=_as_ranked(act, one, setting),
            computed=computed(act, line, one.application.label),
        )  # fmt: skip
        letter = Letter(decision, one.application, one.organisation, html)
        found.append(ActLetter(line, one, change, letter, weeks.get(one.application.label)))
    return found


def _object(line: ActLine, change: Change) -> str:
    if not takes_back(change):
        return f"Nouvelle décision : {_said(line)}"
    ended = "Fin d’une attribution, à votre demande" if line.ground == "beneficiary" else "Retrait d’une attribution"
    return ended if line.lot_id is None else f"{ended} : {_said(line)}"


def _passed_over(said: str, why: str) -> str:
    return f"Cet acte ne tient pas {said}, par exception. {why}"


async def documents_of(
    db: AsyncSession, call: Call, act: CorrectiveAct
) -> tuple[dict[str, Any], Mapping[str, Mapping[str, int]]]:
    """The problem the act rests on, and the rows of its identifiers: its own copy, or the one in force."""
    problem, keys = (
        (json.loads(act.input), act.keys) if act.input is not None else await standing.documents_in_force(db, call)
    )
    asked = [line.application_id for line in await acts.lines_of(db, act) if line.ground == "beneficiary"]
    labels = {id: label for label, id in keys["applications"].items()}
    given_back = {labels[id] for id in asked if id in labels}
    return act_outcome.with_choices(problem, direct=call.kind == "direct", given_back=given_back), keys


def outcome_of(
    problem: dict[str, Any],
    keys: Mapping[str, Mapping[str, int]],
    lines: Sequence[ActLine],
    stands: dict[int, Standing],
) -> Outcome:
    """What the call's rules say of the places the act would leave."""
    lots = {id: label for label, id in keys["lots"].items()}
    before = {one.application.label: lots[one.award.lot_id] for one in stands.values() if one.award}
    after = dict(before)
    for line in lines:
        label = stands[line.application_id].application.label
        after.pop(label, None)
        if line.lot_id is not None:
            after[label] = lots[line.lot_id]
    names = {one.application.label: one.organisation.name for one in stands.values()}
    return act_outcome.judge(problem, before, after, names)


def _said(line: ActLine) -> str:
    said = letters.OBJECTS[line.outcome]
    return said[0].lower() + said[1:]


def change_of(line: ActLine, one: Standing, setting: Setting) -> Change:
    labels = {id: lot.label for id, (lot, _premises) in setting.lots.items()}
    return Change(
        name=one.organisation.name, before=one.outcome, given_on=one.given_on,
        before_lot=labels[one.award.lot_id] if one.award else None, before_area=one.award.area if one.award else None,
        # An offer that no longer expires is one a title is drawn up on (`offers.hold`).
        titled=bool(one.award and one.award.offer_expires_at is None),
        after=line.outcome, lot=labels[line.lot_id] if line.lot_id else None, area=line.area, ground=line.ground,
        heard=line.heard, motive=line.motive,
    )  # fmt: skip


def score_in(act: CorrectiveAct, one: Standing) -> Decimal | None:
    """The score the act was prepared with; None when it was not computed, or without this file."""
    rows = json.loads(act.input)["applications"] if act.input else ()
    row = next((row for row in rows if row["id"] == one.application.label), None)
    return max((Decimal(value) for value in row["scores"].values()), default=None) if row else None


def computed(act: CorrectiveAct, line: ActLine, label: str) -> bool:
    """Whether the run the act was prepared from proposed this very line; a line written by hand is nobody's computation."""
    if act.result is None:
        return False
    result = json.loads(act.result)
    placed = next((row for row in result["placements"] if row["application"] == label), None)
    if placed is None:
        return line.lot_id is None and any(row["application"] == label for row in result["unplaced"])
    return (line.lot_id, line.area) == (act.keys["lots"][placed["lot"]], Decimal(str(placed["area"])))


def _as_ranked(act: CorrectiveAct, one: Standing, setting: Setting) -> bool:
    """Whether the frozen marks are still those the act rests on; another score is told by the line's own words."""
    ranked, tried = setting.scores.get(one.application.id), score_in(act, one)
    return tried is None or (ranked is not None and ranked.score == tried)


def _as_decision(
    act: CorrectiveAct,
    line: ActLine,
    one: Standing,
    change: Change,
    setting: Setting,
    appeal: Appeal | None,
    passed: list[str],
) -> Decision:
    """The line as a decision, so that its letter is drawn as every other: motive, remedies, signatory."""
    paragraphs = [_introduction(one, setting)]
    if appeal:
        paragraphs.append(_on_appeal(appeal, one.application))
    if takes_back(change) and change.ground:
        paragraphs.append((BASES if setting.decider.public else PRIVATE_BASES)[change.ground])
        if change.heard.strip():
            paragraphs.append(f"Vous avez été invité à présenter vos observations. {change.heard.strip()}")
    else:
        paragraphs.append("Cette première décision est remplacée par celle de ce jour.")
    paragraphs += [text for text in (act.motive.strip(), change.motive.strip(), *passed) if text]
    return Decision(
        outcome=line.outcome, lot_id=line.lot_id, area=line.area, motive="\n\n".join(paragraphs),
        remedies=notices.remedies(setting.decider, clock.today(), panel=setting.call.kind != "direct", others=setting.call.kind != "direct" or line.outcome != "awarded"), signatory=act.signatory, released_at=act.released_at,
    )  # fmt: skip


def _introduction(one: Standing, setting: Setting) -> str:
    day = long_date(one.since)
    if one.award:
        lot, _premises = setting.lots[one.award.lot_id]
        given = f"le lot {lot.label} ({lot.name}) vous avait été attribué pour {square_metres(one.award.area)}"
        return f"Par décision notifiée le {day}, {given}."
    return f"Par décision notifiée le {day}, {BEFORE[one.outcome]}."


def _on_appeal(appeal: Appeal, application: Application) -> str:
    kind = "gracieux" if appeal.kind == "gracious" else "contentieux"
    answered = appeal.answered_at.astimezone(clock.PARIS).date() if appeal.answered_at else appeal.received_on
    if appeal.application_id == application.id:
        return f"Votre recours {kind} du {long_date(appeal.received_on)} a été accueilli le {long_date(answered)}."
    return f"Un recours {kind} formé contre une décision de cet appel a été accueilli le {long_date(answered)}."
