"""The letter of each decision: French, A4, tagged PDF. Drawn from the decision's row and the frozen data, nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import house_rules, letter_templates, notices, queries, standing
from allocation.assignment.decisions import decider_of, marks_of
from allocation.assignment.half_days import half_days
from allocation.assignment.help_in_kind import value_of
from allocation.assignment.models import Appeal, Award, Decision
from allocation.assignment.notices import Decider
from allocation.assignment.problem import HALF_DAYS
from allocation.selection.models import RankedScore
from calls.models import Application, Call, CallLot, CallVersion
from intervalle import clock, i18n
from intervalle.accounts.models import Organisation
from intervalle.french import euros, number, square_metres
from intervalle.settings import settings
from intervalle.web import environment
from premises.facts import TitleCode
from premises.models import Lot, Premises

ANSWER_DAYS = 15  # an offer nobody answers lapses; the next in line is then called

OBJECTS = {
    "awarded": "Attribution d’un lieu",
    "reserve": "Inscription sur la liste de réserve",
    "refused": "Décision de ne pas retenir votre candidature",
    "inadmissible": "Décision d’irrecevabilité de votre candidature",
}


@dataclass(frozen=True)
class Letter:
    """A decision and its letter as HTML. `key` is the decision's id."""

    decision: Decision
    application: Application
    organisation: Organisation
    html: str
    marked: bool = False  # whether it prints the structure's own marks

    @property
    def file_name(self) -> str:
        return f"Décision {self.application.label} {self.organisation.name}.pdf"


@dataclass(frozen=True)
class Setting:
    """What all the letters of a call share."""

    call: Call
    version: CallVersion
    organiser: Organisation
    decider: Decider
    lots: Mapping[int, tuple[Lot, Premises]]
    scores: Mapping[int, RankedScore]
    words: Mapping[str, str]  # the organisation's own templates, by outcome
    titles: Mapping[int, str]  # lot id -> what an occupation of it is called; a lot may have a title of its own
    weeks: Mapping[str, list[int]]  # file -> half-days it asked for and holds; none: the whole week


def answer_until(day: date) -> datetime:
    """The instant an offer made that day lapses: midnight in Paris, ANSWER_DAYS whole days later."""
    return datetime.combine(day + timedelta(days=ANSWER_DAYS + 1), time(0), tzinfo=clock.PARIS)


def last_day(award: Award) -> date | None:
    """The last whole day to answer: offers lapse at the midnight that ends it."""
    until = award.offer_expires_at
    return (until - timedelta(days=1)).astimezone(clock.PARIS).date() if until else None


async def setting_of(db: AsyncSession, call: Call) -> Setting:
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    organiser = (await db.execute(select(Organisation).where(Organisation.id == call.organiser_id))).scalar_one()
    lots = {lot.id: (lot, premises) for lot, premises in await db.execute(queries.offered_lots(version.id))}
    scores = {
        score.application_id: score
        for _, _, _, score in await db.execute(queries.standing_applications(call.id))
        if score
    }
    words = (await house_rules.of(db, call.organiser_id)).letters
    own = (await db.execute(select(CallLot).where(CallLot.version_id == version.id))).scalars()
    titles = {one.lot_id: TitleCode(one.title_code or version.title_code).label for one in own}
    return Setting(
        call, version, organiser, await decider_of(db, call), lots, scores, words, titles, await _weeks(db, call)
    )


async def _weeks(db: AsyncSession, call: Call) -> dict[str, list[int]]:
    retained = (await db.execute(queries.retained_proposal(call.id))).scalar_one_or_none()
    if retained is None:
        return {}
    problem, _keys = await standing.documents_in_force(db, call)
    return {row["id"]: [HALF_DAYS.index(name) for name in row["slots"] or ()] for row in problem["applications"]}


def with_words(setting: Setting, outcome: str, text: str) -> Setting:
    """The same setting with other words for one outcome, to try them."""
    return replace(setting, words={**setting.words, outcome: text})


async def draw_all(db: AsyncSession, call: Call) -> list[Letter]:
    """Every letter of the call, as it would leave today; rows are read afresh."""
    setting = await setting_of(db, call)
    rows = await db.execute(queries.decisions_of(call.id).execution_options(populate_existing=True))
    return [
        Letter(
            decision, application, organisation, draw(setting, decision, application, organisation),
            marked=decision.outcome != "inadmissible" and has_marks(setting, application),
        )
        for decision, application, organisation in rows
    ]  # fmt: skip


def has_marks(setting: Setting, application: Application) -> bool:
    score = setting.scores.get(application.id)
    return score is not None and bool(marks_of(score.detail))


def draw(
    setting: Setting, decision: Decision, application: Application, organisation: Organisation, *, object: str = "",
    marks: bool = True, computed: bool = True,
) -> str:  # fmt: skip
    """One letter as HTML: the organisation's words, filled from the data. French whatever the releaser's language.
    `object` replaces the usual heading; without `marks`, the table of frozen marks is left out; `computed`: whether a run
    of the engine proposed this decision, which the letter then says."""
    released_on = decision.released_at.astimezone(clock.PARIS).date() if decision.released_at else clock.today()
    score = setting.scores.get(application.id)
    lot, premises = setting.lots[decision.lot_id] if decision.lot_id else (None, None)
    week = setting.weeks.get(application.label, []) if lot else []
    base = settings().base_url
    sheet = f"{base}/candidatures/{application.id}/decision/parametres"
    # A direct award is a person's choice: the engine only checks that the lot can be held. A file without a frozen score
    # never entered it.
    algorithmic = computed and enters_engine(setting, decision, application)
    context: dict[str, Any] = {
        "call": setting.call, "version": setting.version, "organiser": setting.organiser, "decision": decision,
        "application": application, "organisation": organisation, "score": score,
        "marks": marks_of(score.detail) if score and marks else (), "lot": lot, "premises": premises, "on": released_on,
        "object": object or OBJECTS[decision.outcome], "title": setting.titles.get(decision.lot_id or 0, ""),
        "half_days": half_days(week), "halves": len(week),
        "help_cents": aid_of(setting, decision, application) if lot else None, "euros": euros,
        "rent": None if setting.version.charges_only or lot is None else lot.rent_cents_m2_year,
        "answer_until": answer_until(released_on) - timedelta(days=1),
        "mention": notices.algorithm_mention(setting.decider, sheet, f"{base}/regles") if algorithmic else "",
        "page_url": f"{base}/candidatures/{application.id}/decision",
    }  # fmt: skip
    template = letter_templates.template_for(decision.outcome, setting.words)
    with in_french():
        body = letter_templates.fill(template, blocks=_blocks(context), words=_words(setting, context))
        return environment.get_template("assignment/letter.html").render(body=body, **context)


def enters_engine(setting: Setting, decision: Decision, application: Application) -> bool:
    """Whether the assignment engine had anything to say of this file."""
    return (
        decision.outcome != "inadmissible" and setting.call.kind != "direct" and application.id in setting.scores
    )  # fmt: skip


def aid_of(setting: Setting, decision: Decision, application: Application) -> int | None:
    """Cents of help in kind over the whole term, as the award that goes with the letter holds it."""
    if decision.lot_id is None or decision.area is None:
        return None
    lot, _premises = setting.lots[decision.lot_id]
    return value_of(lot, setting.version, decision.area, len(setting.weeks.get(application.label, [])))


def draw_answer(
    setting: Setting, appeal: Appeal, application: Application, organisation: Organisation, suite: str
) -> str:
    """The answer to a gracious appeal as a letter: its reasons, what follows (`appeal_clock.sequel`), who signs."""
    answered_on = (appeal.answered_at or clock.now()).astimezone(clock.PARIS).date()
    said = "accueilli" if appeal.outcome == "granted" else "rejeté"
    text = (
        f"Madame, Monsieur,\n\nVotre recours reçu le {{recu}} est **{said}**.\n\n## Motifs\n\n{{motif}}\n\n"
        "## Et maintenant\n\n{suite}\n\n{signature}"
    )
    with in_french():
        made: Any = environment.get_template("assignment/_letter_blocks.html").make_module(
            {"decision": appeal, "organiser": setting.organiser}
        )
        blocks = {
            "motif": made.paragraphs(appeal.answer), "suite": made.paragraphs(suite), "signature": made.signature(),
        }  # fmt: skip
        body = letter_templates.fill(text, blocks=blocks, words={"recu": i18n.day(appeal.received_on)})
        return environment.get_template("assignment/letter.html").render(
            body=body, call=setting.call, organiser=setting.organiser, application=application, organisation=organisation,
            on=answered_on, object="Réponse à votre recours",
        )  # fmt: skip


def _blocks(context: dict[str, Any]) -> dict[str, str]:
    """What stands alone in a letter, drawn from the data."""
    made: Any = environment.get_template("assignment/_letter_blocks.html").make_module(context)
    decision: Decision = context["decision"]
    return {
        "decision": made.outcome(), "motif": made.paragraphs(decision.motive), "notes": made.notes(),
        "suite": made.next_steps(), "voies_de_recours": made.paragraphs(decision.remedies),
        "signature": made.signature(), "algorithme": made.algorithm().strip(),
    }  # fmt: skip


def _words(setting: Setting, context: dict[str, Any]) -> dict[str, str]:
    decision, score = context["decision"], context["score"]
    lot, premises = context["lot"], context["premises"]
    return {
        "structure": context["organisation"].name, "appel": setting.call.title,
        "organisateur": setting.organiser.name, "dossier": context["application"].label,
        "projet": context["application"].project_name or "", "lot": f"{lot.label} ({lot.name})" if lot else "",
        "surface": square_metres(decision.area) if decision.area is not None else "",
        "adresse": premises.address if premises else "", "note": number(score.score, 2) if score else "",
        "rang": str(score.rank) if score else "", "date": i18n.day(context["on"]),
        "titre_recours": notices.remedies_heading(setting.decider.public),
    }  # fmt: skip


@contextmanager
def in_french() -> Iterator[None]:
    before = i18n.get_locale()
    i18n.set_locale("fr")
    try:
        yield
    finally:
        i18n.set_locale(before)
