"""A structure signs up and is written down here already: the person asks to join it, somebody who knows it answers.

Its own administrators answer when it has some. A record typed by an authority (a file received on paper, a request at the
desk, a mandate) has nobody yet: that authority answers, since it met the structure. Nobody joins by a number alone.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, journal, later, mail
from intervalle.accounts import ess
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import JoinRequest, Mandate, Membership, Organisation, User
from intervalle.accounts.policy import ADMIN, WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.settings import settings

# The rooms above add which authorities wrote an organisation down: (db, its id) -> their ids.
KNOWN_BY: list[Callable[[AsyncSession, int], Awaitable[set[int]]]] = []


async def recorded(db: AsyncSession, siren: str) -> Organisation | None:
    """The organisation of this SIREN. A private owner is not told of: it comes in by its mandate."""
    found = await db.execute(
        select(Organisation).where(Organisation.siren == siren, Organisation.kind != "private_owner")
    )
    return found.scalar_one_or_none()


async def _members(db: AsyncSession, organisation_id: int) -> list[Row[Membership, User]]:
    rows = await db.execute(
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None), User.disabled_at.is_(None))
        .order_by(User.id)
    )
    return list(rows.all())


async def who_answers(db: AsyncSession, organisation: Organisation) -> list[Organisation]:
    """Empty: its own administrators. Otherwise the authorities to choose from, those that wrote it down when any did."""
    if any(membership.role == "admin" for membership, _user in await _members(db, organisation.id)):
        return []
    ids = {one for known in KNOWN_BY for one in await known(db, organisation.id)}
    agents = select(Mandate.agent_id).where(
        Mandate.grantor_id == organisation.id, Mandate.during.contains(clock.today()), Mandate.revoked_at.is_(None)
    )
    ids |= set((await db.execute(agents)).scalars())
    query = select(Organisation).where(Organisation.id.in_(ids)) if ids else ess.reviewers()
    found = list((await db.execute(query.order_by(None).order_by(Organisation.name, Organisation.id))).scalars())
    return sorted(found, key=lambda one: one.commune_code != organisation.commune_code)


async def ask(
    db: AsyncSession, actor: Actor, organisation: Organisation, *, message: str, reviewer_id: int | None
) -> JoinRequest:
    """One request at a time per person and organisation; asking again while it waits changes nothing."""
    POLICY.check(actor, "membership.ask")
    if organisation.id in actor.own(frozenset({"admin", "editor", "viewer"})):
        raise Refused(_("Vous êtes déjà membre de %(name)s.", name=organisation.name))
    choices = {one.id for one in await who_answers(db, organisation)}
    if choices and reviewer_id not in choices:
        raise Refused(_("Choisissez qui examine votre demande."), _("Prenez un nom de la liste."))
    values = {
        "organisation_id": organisation.id, "user_id": actor.user_id, "reviewer_id": reviewer_id if choices else None,
        "message": message.strip(), "asked_at": clock.now(),
    }  # fmt: skip
    made = await db.execute(insert(JoinRequest).values(values).on_conflict_do_nothing().returning(JoinRequest.id))
    new = made.scalar_one_or_none()
    waiting = select(JoinRequest).where(
        JoinRequest.organisation_id == organisation.id, JoinRequest.user_id == actor.user_id, JoinRequest.answered_at.is_(None)
    )  # fmt: skip
    request = (await db.execute(waiting)).scalar_one()
    if new is None:
        return request
    await _record(db, actor, request, "membership.ask", {"reviewer": request.reviewer_id})
    await _tell_answerer(db, actor, request, organisation)
    return request


def to_answer(actor: Actor) -> Select[JoinRequest, Organisation, User]:
    """Requests that wait for this person: for an organisation they run, or that theirs wrote down."""
    runs, acts = actor.own(ADMIN), actor.own(WRITE)
    mine = or_(
        JoinRequest.reviewer_id.is_(None) & JoinRequest.organisation_id.in_(runs), JoinRequest.reviewer_id.in_(acts)
    )
    return (
        select(JoinRequest, Organisation, User)
        .join(Organisation, Organisation.id == JoinRequest.organisation_id)
        .join(User, User.id == JoinRequest.user_id)
        .where(mine, JoinRequest.answered_at.is_(None))
        .order_by(JoinRequest.asked_at, JoinRequest.id)
    )


def asked_by(actor: Actor) -> Select[JoinRequest, Organisation]:
    """One's own requests without an answer yet."""
    return (
        select(JoinRequest, Organisation)
        .join(Organisation, Organisation.id == JoinRequest.organisation_id)
        .where(JoinRequest.user_id == actor.user_id, JoinRequest.answered_at.is_(None))
        .order_by(JoinRequest.id)
    )


async def answer(db: AsyncSession, actor: Actor, request: JoinRequest, *, accepted: bool, reason: str) -> JoinRequest:
    """Let in, or not and why; once. The first person let in administers, those who follow act."""
    action = "membership.review" if request.reviewer_id else "membership.answer"
    POLICY.check(actor, action, request)
    await db.refresh(request, with_for_update=True)
    POLICY.check(actor, action, request)
    if not accepted and not reason.strip():
        raise Refused(_("Dites pourquoi : la personne doit savoir quoi faire."), _("Écrivez le motif."))
    organisation = (
        await db.execute(select(Organisation).where(Organisation.id == request.organisation_id).with_for_update())
    ).scalar_one()
    members = await _members(db, organisation.id)
    request.answered_at, request.answered_by_id = clock.now(), actor.user_id
    request.accepted, request.reason = accepted, reason.strip()
    if accepted and not any(user.id == request.user_id for _membership, user in members):
        role = "editor" if any(membership.role == "admin" for membership, _user in members) else "admin"
        db.add(Membership(user_id=request.user_id, organisation_id=organisation.id, role=role))
    await db.flush()
    await _record(db, actor, request, action, {"accepted": accepted, "reason": request.reason, "user": request.user_id})
    await _tell_asker(db, request, organisation)
    return request


async def _tell_answerer(db: AsyncSession, actor: Actor, request: JoinRequest, organisation: Organisation) -> None:
    roles = WRITE if request.reviewer_id else ADMIN
    for membership, person in await _members(db, request.reviewer_id or organisation.id):
        if membership.role in roles:
            await mail.post(
                db, to=person.email, user_id=person.id, kind="membership.asked", dedupe=f"join:{request.id}:{person.id}",
                subject=later._("%(who)s demande à rejoindre %(name)s", who=actor.name, name=organisation.name),
                text=later._(
                    "%(who)s demande à agir pour « %(name)s », inscrite sur Intervalle, et vous écrit :\n\n%(words)s\n\n"
                    "Répondez depuis cette page : %(url)s\n",
                    who=actor.name, name=organisation.name, words=request.message, url=f"{settings().base_url}/rattachements",
                ),
            )  # fmt: skip


async def _tell_asker(db: AsyncSession, request: JoinRequest, organisation: Organisation) -> None:
    person = await db.get_one(User, request.user_id)
    if request.accepted:
        said = later._("Votre demande est acceptée : vous agissez désormais pour %(name)s. Vous y trouvez ce qui avait été saisi pour elle.", name=organisation.name)  # fmt: skip
    else:
        said = later._("Votre demande de rejoindre %(name)s n’est pas acceptée. Motif : %(reason)s", name=organisation.name, reason=request.reason)  # fmt: skip
    await mail.post(
        db, to=person.email, user_id=person.id, kind="membership.answered", dedupe=f"join-answer:{request.id}",
        subject=later._("Votre demande de rejoindre %(name)s", name=organisation.name),
        text=said + f"\n\n{settings().base_url}/compte\n",
    )  # fmt: skip


async def _record(db: AsyncSession, actor: Actor, request: JoinRequest, action: str, facts: dict[str, object]) -> None:
    await journal.record(
        db, chain=f"organisation:{request.organisation_id}", action=action, subject=f"join_request:{request.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=request.reviewer_id or request.organisation_id,
    )  # fmt: skip
