"""The letter of each decision: French, A4, tagged PDF. Drawn from the decision's row and the frozen data, nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import notices, queries
from allocation.assignment.decisions import decider_of, marks_of
from allocation.assignment.models import Award, Decision
from allocation.assignment.notices import Decider
from allocation.selection.models import RankedScore
from calls.models import Application, Call, CallVersion
from intervalle import clock, i18n
from intervalle.accounts.models import Organisation
from intervalle.settings import settings
from intervalle.web import environment
from premises.facts import TitleCode
from premises.models import Lot, Premises

ANSWER_DAYS = 15  # an offer nobody answers lapses; the next in line is then called

OBJECTS = {
    "awarded": "Attribution d’un local",
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
    return Setting(call, version, organiser, await decider_of(db, call), lots, scores)


async def draw_all(db: AsyncSession, call: Call) -> list[Letter]:
    """Every letter of the call, as it would leave today; rows are read afresh."""
    setting = await setting_of(db, call)
    rows = await db.execute(queries.decisions_of(call.id).execution_options(populate_existing=True))
    return [
        Letter(decision, application, organisation, draw(setting, decision, application, organisation))
        for decision, application, organisation in rows
    ]


def draw(setting: Setting, decision: Decision, application: Application, organisation: Organisation) -> str:
    """One letter as HTML. Its text is French whatever the language of whoever releases it."""
    released_on = decision.released_at.astimezone(clock.PARIS).date() if decision.released_at else clock.today()
    score = setting.scores.get(application.id)
    lot, premises = setting.lots[decision.lot_id] if decision.lot_id else (None, None)
    base = settings().base_url
    sheet = f"{base}/candidatures/{application.id}/decision/parametres"
    algorithmic = decision.outcome != "inadmissible"
    with _in_french():
        return environment.get_template("assignment/letter.html").render(
            call=setting.call, version=setting.version, organiser=setting.organiser, decision=decision,
            application=application, organisation=organisation, score=score, ranked=len(setting.scores),
            marks=marks_of(score.detail) if score else (), lot=lot, premises=premises, on=released_on,
            object=OBJECTS[decision.outcome], title=TitleCode(setting.version.title_code).label,
            answer_until=answer_until(released_on) - timedelta(days=1),
            mention=notices.algorithm_mention(setting.decider, sheet, f"{base}/regles") if algorithmic else "",
            remedies_heading=notices.remedies_heading(setting.decider.public),
            page_url=f"{base}/candidatures/{application.id}/decision",
        )  # fmt: skip


@contextmanager
def _in_french() -> Iterator[None]:
    before = i18n.get_locale()
    i18n.set_locale("fr")
    try:
        yield
    finally:
        i18n.set_locale(before)
