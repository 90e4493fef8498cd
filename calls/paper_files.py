"""Files received on paper or by e-mail, typed in by those who run the call for a structure that did not use the site.

Equal treatment: the closing is applied to the instant of reception, not of typing; a file received after it waits in the
late pool like any other. Typing opens nothing: once recorded, the file is sealed with the others, even from its typist.
CRPA art. L112-3: the receipt is handed over with the date of reception.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import applications, content, mails, meeting_mails, queries, workflow
from calls.meeting_models import LateRequest
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts import organisations
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Membership, Organisation, User
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _, instant

TYPING = ("open", "closed")  # states of the call in which a file can be typed in


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent the file. Without a SIRET, `why` says it; an address receives the receipt and an invitation."""

    name: str
    siret: str | None = None
    why: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Reception:
    """When and how the file came in; `at` is the instant that counts."""

    at: datetime
    by: str  # of calls.paper.MEANS


async def register(db: AsyncSession, actor: Actor, call: Call, *, sender: Sender, reception: Reception) -> Application:
    """A draft to type in, numbered and marked. The same structure twice, while it is being typed, is one file."""
    POLICY.check(actor, "paper.register", call)
    authority = authority_of(actor, call)
    call = (
        await db.execute(
            select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    POLICY.check(actor, "paper.register", call)
    _refuse_reception(call, reception)
    structure = await _structure(db, call, authority, sender)
    if structure.id in actor.organisations():
        raise Refused(
            _("Vous êtes membre de %(name)s : vous ne saisissez pas son dossier.", name=structure.name),
            _("Un collègue le fait, ou la structure candidate elle-même."),
        )
    mine = select(Application).where(Application.call_id == call.id, Application.organisation_id == structure.id)
    if existing := (await db.execute(mine)).scalar_one_or_none():
        return existing
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    if call.kind == "direct" and structure.id != version.beneficiary_id:
        raise Refused(
            _("Cette attribution est directe : elle est proposée à une seule structure."), _("Vérifiez le SIRET.")
        )
    application = Application(
        call_id=call.id, call_version_id=version.id, organisation_id=structure.id, created_by_id=actor.user_id,
        number=await applications.next_number(db, call), created_at=clock.now(), typed_by_id=authority,
        received_at=reception.at, received_by=reception.by, unidentified="" if sender.siret else sender.why,
    )  # fmt: skip
    db.add(application)
    await db.flush()
    await db.refresh(application)
    if sender.email and not await _has_members(db, structure.id):
        await organisations.send_invitation(db, actor, structure, email=sender.email, role="admin")
    await _record(
        db, actor, call, application, "paper.register",
        {"label": application.label, "received_at": content.plain(reception.at), "by": reception.by},
    )  # fmt: skip
    return application


def authority_of(actor: Actor, call: Call) -> int:
    """In whose name this person types: their own organisation among those that run the call, the current one first."""
    running = call.parties()["organiser"]
    current = actor.current.organisation_id if actor.current else 0
    for ids in (actor.own(WRITE) & {current}, actor.own(WRITE), actor.organisations(WRITE, scope="calls")):
        if both := sorted(ids & running):
            return both[0]
    raise Refused(_("Vous n’animez pas cet appel."))


def _refuse_reception(call: Call, reception: Reception) -> None:
    if reception.at > clock.now():
        raise Refused(_("La réception est dans l’avenir."), _("Indiquez le jour et l’heure de l’arrivée."))
    if call.opened_at and reception.at < call.opened_at:
        raise Refused(
            _("L’appel n’a ouvert que le %(at)s : ce dossier serait arrivé avant.", at=instant(call.opened_at)),
            _("Vérifiez le jour et l’heure de l’arrivée."),
        )


async def _structure(db: AsyncSession, call: Call, authority: int, sender: Sender) -> Organisation:
    """The structure of this SIRET; or one this authority already wrote down for the call; made otherwise.

    A structure that already has a file of its own gets a second record, without a word: whoever types must not learn
    before the opening who has applied. The duplicate is proposed to the organiser once files are open.
    """
    typed_here = (
        select(Organisation)
        .join(Application, Application.organisation_id == Organisation.id)
        .where(Application.call_id == call.id, Application.typed_by_id == authority, Application.submitted_at.is_(None))
    )
    same = Organisation.siret == sender.siret if sender.siret else Organisation.name == sender.name
    if found := (await db.execute(typed_here.where(same))).scalars().first():
        return found
    known = None
    if sender.siret:
        found_by = select(Organisation).where(Organisation.siren == sender.siret[:9])
        known = (await db.execute(found_by)).scalar_one_or_none()
    if known and known.kind != "ess_structure":
        raise Refused(_("Ce SIRET est celui d’un propriétaire ou d’une collectivité."), _("Vérifiez le numéro."))
    if known and not await _has_file(db, call, known):
        return known
    made = Organisation(
        kind="ess_structure", name=sender.name, siret=sender.siret, email=sender.email, ess_status="to_check",
        siren=sender.siret[:9] if sender.siret and not known else None,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    return made


async def _has_file(db: AsyncSession, call: Call, structure: Organisation) -> bool:
    held = select(Application.id).where(Application.call_id == call.id, Application.organisation_id == structure.id)
    return (await db.execute(held)).first() is not None


async def _has_members(db: AsyncSession, organisation_id: int) -> bool:
    members = select(func.count()).where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None))
    return bool((await db.execute(members.select_from(Membership))).scalar_one())


async def record(db: AsyncSession, actor: Actor, application: Application) -> Application:
    """The typing is finished: the file is deposited as of its reception, or waits in the late pool. Twice is once.

    An incomplete file is recorded all the same: it came in, and what it lacks is asked for (CRPA art. L114-5).
    """
    POLICY.check(actor, "paper.record", application)
    application, call = await applications.lock(db, application)
    if application.submitted_at or await is_late(db, application):
        return application
    POLICY.check(actor, "paper.record", application)
    if workflow.call_state(call, clock.now()) not in TYPING:
        raise Refused(_("Le classement est arrêté : ce dossier ne peut plus être enregistré."))
    assert application.received_at is not None
    file = await applications.whole(db, application)
    document = content.plain(applications.file_content(file))
    facts = {
        "label": application.label,
        "lacking": len(file.gaps()),
        "received_at": content.plain(application.received_at),
    }
    if workflow.too_late(call, application.received_at):
        late = LateRequest(
            application_id=application.id, asked_at=application.received_at, asked_by_id=actor.user_id,
            reason=applications.typed_mark(file), content=document, content_sha256=content.sha256_of(document),
        )  # fmt: skip
        db.add(late)
        await db.flush()
        await meeting_mails.late_asked(db, call, late, file.structure)
        facts |= {"late": True, "content_sha256": late.content_sha256}
    else:
        application.content, application.content_sha256 = document, content.sha256_of(document)
        application.submitted_at, application.submitted_by_id = application.received_at, actor.user_id
        await db.flush()
        await mails.typed(db, application, call, file.structure)
        facts |= {"late": False, "content_sha256": application.content_sha256}
    application.version += 1
    await db.flush()
    await _record(db, actor, call, application, "paper.record", facts)
    return application


async def reopen(db: AsyncSession, actor: Actor, application: Application) -> Application:
    """Before the closing, a recorded file can be typed again to correct a slip. The journal keeps the old hash."""
    POLICY.check(actor, "paper.record", application)
    application, call = await applications.lock(db, application)
    if application.stage() == "draft":
        return application
    if application.withdrawn_at or workflow.call_state(call, clock.now()) != "open":
        raise Refused(
            _("L’appel est clos : la saisie ne change plus."), _("Demandez un complément, ou joignez une note.")
        )
    was = application.content_sha256
    application.submitted_at = application.submitted_by_id = application.content_sha256 = application.content = None
    application.version += 1
    await db.flush()
    await _record(db, actor, call, application, "paper.reopen", {"content_sha256": was})
    return application


async def is_late(db: AsyncSession, application: Application) -> bool:
    found = await db.execute(select(LateRequest.id).where(LateRequest.application_id == application.id))
    return found.first() is not None


def typed_for(call: Call, actor: Actor) -> Select[Application, Organisation, User, LateRequest | None]:
    """The call's register of files typed in by this person's organisations, less those they are set aside from."""
    own = actor.organisations(WRITE, scope="calls")
    return (
        select(Application, Organisation, User, LateRequest)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(User, User.id == Application.created_by_id)
        .outerjoin(LateRequest, LateRequest.application_id == Application.id)
        .where(
            Application.call_id == call.id,
            and_(Application.typed_by_id.in_(own), *(limit(actor) for limit in queries.SET_ASIDE)),
        )
        .order_by(Application.number)
    )


async def register_of(
    db: AsyncSession, call: Call, actor: Actor
) -> list[Row[Application, Organisation, User, LateRequest | None]]:
    return list((await db.execute(typed_for(call, actor))).all())


async def _record(
    db: AsyncSession, actor: Actor, call: Call, application: Application, action: str, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{application.id}", actor_id=actor.user_id,
        organisation_id=application.typed_by_id, facts=facts,
    )  # fmt: skip
