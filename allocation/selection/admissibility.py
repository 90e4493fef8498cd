"""Verbs on admissibility: fill a file's checklist, decide under one's name.

Only after the opening act, only until the ranking; CRPA art. L211-2 and L211-5: a refusal says why.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import checklist
from allocation.selection.checklist import Answer
from allocation.selection.corrections import still_running
from allocation.selection.models import Admissibility, Panel
from allocation.selection.queries import files_open_to
from calls.models import Application, ApplicationMember, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Problem, Refused
from intervalle.i18n import _, instant
from intervalle.web import one_or_404


class StaleChecklist(Problem):
    """Somebody saved the checklist after this page was opened (409): the page shows both."""

    status = 409

    def __init__(self, stored: Admissibility) -> None:
        super().__init__("Un collègue a modifié cet examen depuis que vous l’avez ouvert.")
        self.stored = stored


class Undecidable(Problem):
    """The answers do not allow this decision (422): item -> why."""

    status = 422

    def __init__(self, objections: Mapping[str, str]) -> None:
        super().__init__("Les réponses ne permettent pas cette décision.")
        self.objections = dict(objections)


async def examine(
    db: AsyncSession, actor: Actor, call: Call, application_id: int, answers: Mapping[str, Answer], *,
    version: int, admissible: bool | None = None,
) -> Admissibility:  # fmt: skip
    """Save the checklist; with `admissible` True or False, decide. None leaves the file under examination."""
    POLICY.check(actor, "panel.check_admissibility", call)
    application = one_or_404(
        await db.execute(
            files_open_to(call.id, actor).where(Application.id == application_id).with_for_update(of=Application)
        )
    )
    await _call_still_closed(db, call)
    await _not_their_own(db, actor, application)
    held = await _held(db, application)
    if held.version != version:
        raise StaleChecklist(held)
    if admissible is not None and (why_not := checklist.objections(answers, admissible=admissible)):
        raise Undecidable(why_not)
    if admissible is False and (asked := await still_running(db, application.id)):
        raise Refused(
            _(
                "Un complément est attendu jusqu’au %(until)s : le dossier ne peut pas être refusé avant.",
                until=instant(asked.until),
            ),
            _("Le code des relations entre le public et l’administration (art. L114-5) l’exige."),
        )
    document = checklist.document_of(answers)
    if (held.checklist, held.admissible) == (document, admissible) and held.saved_at:
        return held  # the same form twice has one effect
    _write(held, actor, document, answers, admissible)
    await journal.record(
        db, chain=call.chain, action="panel.examine", subject=f"application:{application.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"file": application.label, "admissible": admissible, "checklist": document},
    )  # fmt: skip
    return held


def _write(
    held: Admissibility, actor: Actor, document: dict[str, dict[str, str]], answers: Mapping[str, Answer],
    admissible: bool | None,
) -> None:  # fmt: skip
    decided = admissible is not None
    held.checklist, held.admissible, held.version = document, admissible, held.version + 1
    held.reason = checklist.motive(answers) if admissible is False else ""
    held.saved_at, held.saved_by_id = clock.now(), actor.user_id
    held.decided_at, held.decided_by_id = (clock.now(), actor.user_id) if decided else (None, None)


async def _held(db: AsyncSession, application: Application) -> Admissibility:
    await db.execute(
        insert(Admissibility)
        .values(application_id=application.id, checklist={}, version=1)
        .on_conflict_do_nothing(index_elements=["application_id"])
    )
    found = await db.execute(
        select(Admissibility)
        .where(Admissibility.application_id == application.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def _call_still_closed(db: AsyncSession, call: Call) -> None:
    """The panel row is what the ranking locks: hold it, then look at the call again."""
    await db.execute(select(Panel.id).where(Panel.call_id == call.id).with_for_update(read=True))
    await db.refresh(call)
    if call.stage() != "closed":
        raise Refused(_("Le classement est arrêté : la recevabilité ne change plus."))


async def _not_their_own(db: AsyncSession, actor: Actor, application: Application) -> None:
    """Nobody examines the file of a structure they belong to (code pénal art. 432-12)."""
    partners = await db.execute(
        select(ApplicationMember.organisation_id).where(
            ApplicationMember.application_id == application.id, ApplicationMember.left_at.is_(None)
        )
    )
    own = {b.organisation_id for b in actor.belongings}
    if own & {application.organisation_id, *partners.scalars()}:
        raise Refused(
            _("Vous êtes membre d’une structure de ce dossier : un collègue doit l’examiner."),
            _("Le code pénal (art. 432-12) l’exige."),
        )
