"""Two acts around the opening: the agreement of a second person when the organisation asks for it, and a planned hour.

The agreement is for exactly the text that was read: saving anything makes it lapse, and it is asked again.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, queries
from calls.drafts import lock
from calls.meeting_models import CallApproval
from calls.models import Call, CallVersion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


async def needed(db: AsyncSession, call: Call) -> bool:
    """Whether the organiser wants a second person before anything is published."""
    found = select(Organisation.calls_need_approval).where(Organisation.id == call.organiser_id)
    return bool((await db.execute(found)).scalar_one())


async def latest(db: AsyncSession, version: CallVersion) -> CallApproval | None:
    """The last agreement asked for this very text; None when it was never asked, or when the text moved since."""
    found = await db.execute(
        select(CallApproval)
        .where(CallApproval.version_id == version.id, CallApproval.save == version.version)
        .order_by(CallApproval.id.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def refuse_unless_approved(db: AsyncSession, call: Call, version: CallVersion) -> None:
    if not await needed(db, call):
        return
    asked = await latest(db, version)
    if asked is None or not asked.approved:
        raise Refused(
            _("Votre organisation demande l’accord d’une seconde personne avant de publier."),
            _("Demandez-le depuis la page de relecture ; rien n’a été publié."),
        )


async def _text(db: AsyncSession, actor: Actor, call: Call) -> tuple[Call, CallVersion]:
    """The text that waits to be published, on a locked call: the draft, or the change of an open call. Absent: 404."""
    action = "calls.amend" if call.stage() == "open" else "calls.open"
    POLICY.check(actor, action, call)
    call = await lock(db, call)
    POLICY.check(actor, action, call)
    wanted = queries.amendment_of(call.id) if action == "calls.amend" else queries.current_version(call.id)
    version = (await db.execute(wanted)).scalar_one_or_none()
    if version is None:
        raise NotFound
    return call, version


async def ask(db: AsyncSession, actor: Actor, call: Call) -> CallApproval:
    """Ask for the agreement on the text as it stands. Asking twice is asking once; an older, unanswered one is dropped."""
    call, version = await _text(db, actor, call)
    asked = await latest(db, version)
    if asked and (asked.answered_at is None or asked.approved):
        return asked
    stale = await db.execute(
        select(CallApproval).where(CallApproval.version_id == version.id, CallApproval.answered_at.is_(None))
    )
    for old in stale.scalars():
        await db.delete(old)
    await db.flush()
    assert actor.user_id is not None
    made = CallApproval(
        call_id=call.id, version_id=version.id, save=version.version, asked_by_id=actor.user_id, asked_at=clock.now()
    )
    db.add(made)
    await db.flush()
    await _record(db, actor, call, "calls.ask_approval", made, {"save": version.version})
    return made


async def answer(db: AsyncSession, actor: Actor, call: Call, *, approved: bool, note: str = "") -> CallApproval:
    """Another person of those who run the call agrees, or says what to change. Refused for the one who asked."""
    call, version = await _text(db, actor, call)
    asked = await latest(db, version)
    if asked is None or asked.answered_at:
        raise Refused(_("Aucun accord n’est attendu sur ce texte."), _("Rechargez la page : il a peut-être changé."))
    if asked.asked_by_id == actor.user_id:
        raise Refused(
            _("L’accord vient d’une autre personne que celle qui l’a demandé."),
            _("Demandez à un collègue, ou à la structure qui anime l’appel."),
        )
    if not approved and not note.strip():
        raise Refused(_("Dites ce qu’il faut changer."), _("Écrivez un mot à votre collègue."))
    asked.answered_by_id, asked.answered_at, asked.approved, asked.note = actor.user_id, clock.now(), approved, note
    await db.flush()
    await _record(db, actor, call, "calls.answer_approval", asked, {"save": asked.save, "approved": approved})
    return asked


async def set_rule(db: AsyncSession, actor: Actor, organisation: Organisation, *, wanted: bool) -> None:
    """An administrator turns the second agreement on or off for the calls of the organisation."""
    POLICY.check(actor, "organisation.edit", organisation)
    if organisation.calls_need_approval == wanted:
        return
    organisation.calls_need_approval = wanted
    await db.flush()
    await journal.record(
        db, chain=f"organisation:{organisation.id}", action="calls.set_approval_rule", actor_id=actor.user_id,
        subject=f"organisation:{organisation.id}", organisation_id=organisation.id, facts={"wanted": wanted},
    )  # fmt: skip


async def unschedule(db: AsyncSession, actor: Actor, call: Call) -> Call:
    """Take a planned opening back before its hour: the text can be corrected again. Twice changes nothing."""
    POLICY.check(actor, "calls.unschedule", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.unschedule", call)
    if not call.scheduled:
        return call
    planned = call.opened_at
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    # The guard of frozen versions lets this one go because its call has no opening any more.
    call.opened_at = None
    await db.flush()
    version.frozen_at = version.content = version.content_sha256 = None
    await db.flush()
    await _record(db, actor, call, "calls.unschedule", version, {"planned": content.plain(planned)})
    return call


async def _record(
    db: AsyncSession, actor: Actor, call: Call, action: str, row: CallApproval | CallVersion, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={**facts, "row": row.id},
    )  # fmt: skip
