"""The letters of a corrective act, and everything that stands against its release, read from its rows as they are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_rules, acts, letters, notices, standing
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.act_rules import Change, takes_back
from allocation.assignment.letters import Letter, Setting
from allocation.assignment.models import Appeal, Decision
from allocation.assignment.standing import Standing
from calls.models import Application, Call
from intervalle import clock
from intervalle.french import long_date, square_metres
from intervalle.i18n import _

BASES = {
    "unlawful": "Cette attribution est illégale : elle est retirée dans les quatre mois de sa date (CRPA, art. L242-1).",
    "fraud": "Cette attribution a été obtenue par fraude : elle est retirée (CRPA, art. L241-2).",
    "condition": "Une condition à laquelle cette attribution était soumise n’est plus remplie : elle prend fin (CRPA, art. L242-2).",
    "beneficiary": "Vous avez demandé qu’il soit mis fin à cette attribution (CRPA, art. L242-4).",
    "judgment": "Un jugement a annulé cette attribution.",
}
BEFORE = {
    "reserve": "votre candidature était inscrite sur la liste de réserve",
    "refused": "votre candidature n’avait pas été retenue",
    "inadmissible": "votre candidature avait été déclarée non recevable",
    "given_up": "une place vous avait été proposée, et elle était rendue",
}


@dataclass(frozen=True)
class ActLetter:
    """One line with what stands, and its letter."""

    line: ActLine
    one: Standing
    change: Change
    letter: Letter


async def draw_all(db: AsyncSession, call: Call, act: CorrectiveAct, *, fresh: bool = False) -> list[ActLetter]:
    """Every letter of the act, as it would leave today, in the order of the files' numbers."""
    setting = await letters.setting_of(db, call)
    stands = await standing.of_call(db, call, fresh=fresh)
    appeal = await db.get(Appeal, act.appeal_id) if act.appeal_id else None
    found = []
    for line in await acts.lines_of(db, act):
        one = stands[line.application_id]
        change = change_of(line, one, setting)
        decision = _as_decision(act, line, one, change, setting, appeal)
        object = "Nouvelle décision" if not takes_back(change) else "Retrait d’une attribution et nouvelle décision"
        html = letters.draw(
            setting, decision, one.application, one.organisation, object=f"{object} : {_said(line)}", marks=_as_ranked(act, one, setting)
        )  # fmt: skip
        found.append(ActLetter(line, one, change, Letter(decision, one.application, one.organisation, html)))
    return found


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


def _as_ranked(act: CorrectiveAct, one: Standing, setting: Setting) -> bool:
    """Whether the frozen marks are still those the act rests on; another score is told by the line's own words."""
    ranked, tried = setting.scores.get(one.application.id), score_in(act, one)
    return tried is None or (ranked is not None and ranked.score == tried)


def _as_decision(
    act: CorrectiveAct, line: ActLine, one: Standing, change: Change, setting: Setting, appeal: Appeal | None
) -> Decision:
    """The line as a decision, so that its letter is drawn as every other: motive, remedies, signatory."""
    paragraphs = [_introduction(one, setting)]
    if appeal:
        paragraphs.append(_on_appeal(appeal, one.application))
    if takes_back(change) and change.ground:
        paragraphs.append(
            BASES[change.ground]
            if setting.decider.public
            else BASES[change.ground].split(" (CRPA")[0].rstrip(".") + "."
        )
        if change.heard.strip():
            paragraphs.append(f"Vous avez été invité à présenter vos observations. {change.heard.strip()}")
    else:
        paragraphs.append("Elle est remplacée par la décision de ce jour.")
    paragraphs += [text for text in (act.motive.strip(), change.motive.strip()) if text]
    return Decision(
        outcome=line.outcome, lot_id=line.lot_id, area=line.area, motive="\n\n".join(paragraphs),
        remedies=notices.remedies(setting.decider, clock.today()), signatory=act.signatory, released_at=act.released_at,
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


async def objections(db: AsyncSession, call: Call, act: CorrectiveAct, drawn: list[ActLetter]) -> list[str]:
    """Everything that stands against the release: what each line lacks, what has moved since, lots that would be too full."""
    found = [] if drawn else [_("Cet acte n’a pas encore de ligne.")]
    if len(act.motive.strip()) < 10:
        found.append(_("Écrivez pourquoi cet acte est pris : toutes ses lettres le disent."))
    if not act.signatory.strip():
        found.append(_("Indiquez qui signe, avec sa qualité."))
    judged = await _judged(db, call)
    for one in drawn:
        if one.line.before_award_id != (one.one.award.id if one.one.award else None):
            found.append(
                _("%(name)s : la situation a changé depuis que la ligne est écrite. Reprenez-la.", name=one.change.name)
            )
        found += act_rules.objections(one.change, clock.today(), granted_judgment=judged)
    return found + await _too_full(db, call, drawn)


async def _judged(db: AsyncSession, call: Call) -> bool:
    won = select(Appeal.id).where(Appeal.call_id == call.id, Appeal.kind == "litigation", Appeal.outcome == "granted")
    return (await db.execute(won.limit(1))).first() is not None


async def _too_full(db: AsyncSession, call: Call, drawn: list[ActLetter]) -> list[str]:
    """The room of each lot against who stays and who would come, on every half-day."""
    problem, keys = await standing.documents_in_force(db, call)
    names: Mapping[int, str] = {id: label for label, id in keys["lots"].items()}
    changed = {one.line.application_id: one.line for one in drawn}
    held = [
        (names[one.award.lot_id], one.award.area, one.award.slots)
        for id, one in (await standing.of_call(db, call)).items()
        if one.award and id not in changed
    ]
    held += [
        (names[line.lot_id], line.area or Decimal(0), slots_of(one.one))
        for one in drawn
        if (line := one.line).lot_id is not None
    ]
    return act_rules.overfull({row["id"]: Decimal(row["area"]) for row in problem["lots"]}, held)


def slots_of(one: Standing) -> list[int]:
    """Half-days the application asks for; none stands for the whole week."""
    return one.award.slots if one.award else sorted(one.application.slots)
