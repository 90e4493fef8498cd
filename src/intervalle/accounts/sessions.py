"""Browser sessions: hashed, rotated at sign-in and at the second factor, revocable; and the actor they stand for."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, security
from intervalle.accounts.actor import NOBODY, ActingFor, Actor, Belonging
from intervalle.accounts.models import OWNER_KINDS, Mandate, Membership, Organisation, Session, User
from intervalle.settings import settings

ABSOLUTE = timedelta(days=7)
IDLE = timedelta(hours=24)
TOUCH = timedelta(minutes=10)
# Staff of owners and of support bodies sign acts others depend on: a second factor (jurors: see `seats` hook).
SECOND_FACTOR_KINDS = frozenset({*OWNER_KINDS, "support_body"})


def cookie_name() -> str:
    return "__Host-session" if settings().secure else "session"


async def open_session(
    db: AsyncSession, *, user_id: int, second_factor: bool, organisation_id: int | None = None, user_agent: str = ""
) -> str:
    """A new session; gives the cookie's value, which is stored nowhere."""
    value = security.token()
    now = clock.now()
    db.add(
        Session(
            token_hash=security.token_hash(value),
            user_id=user_id,
            organisation_id=organisation_id,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE,
            second_factor_at=now if second_factor else None,
            user_agent=user_agent[:200],
        )
    )
    await db.flush()
    return value


async def close_session(db: AsyncSession, session_hash: bytes) -> None:
    await db.execute(delete(Session).where(Session.token_hash == session_hash))


async def close_all(db: AsyncSession, user_id: int) -> None:
    """After a new password, or when somebody asks for it."""
    await db.execute(delete(Session).where(Session.user_id == user_id))


async def forget_ended(db: AsyncSession) -> None:
    """Sessions nobody can come back to are not kept: they say who was there, and with which browser."""
    now = clock.now()
    await db.execute(delete(Session).where((Session.expires_at < now) | (Session.seen_at < now - IDLE)))


async def touch(db: AsyncSession, session_hash: bytes) -> None:
    """Write "last seen", unless another request of the same browser is doing so: none waits for it."""
    free = select(Session.token_hash).where(Session.token_hash == session_hash).with_for_update(skip_locked=True)
    await db.execute(update(Session).where(Session.token_hash.in_(free)).values(seen_at=clock.now()))


async def load_actor(db: AsyncSession, cookie: str | None) -> tuple[Actor, bool]:
    """Who is asking, and whether the session's "last seen" is stale enough to be written."""
    if not cookie:
        return NOBODY, False
    now = clock.now()
    found = await db.execute(
        select(Session, User)
        .join(User, User.id == Session.user_id)
        .where(
            Session.token_hash == security.token_hash(cookie),
            Session.expires_at > now,
            Session.seen_at > now - IDLE,
            User.disabled_at.is_(None),
        )
    )
    row = found.one_or_none()
    if row is None:
        return NOBODY, False
    session, user = row
    actor = await actor_for(db, user, session=session)
    return actor, now - session.seen_at > TOUCH


async def actor_for(db: AsyncSession, user: User, *, session: Session | None = None) -> Actor:
    """The actor a person is, with memberships and mandates in force."""
    rows = await db.execute(
        select(Membership.role, Organisation.id, Organisation.name, Organisation.kind)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.user_id == user.id, Membership.ended_at.is_(None))
        .order_by(Organisation.name)
    )
    belongings = tuple(Belonging(r.id, r.name, r.kind, r.role) for r in rows)
    mandates = await _mandates(db, tuple(b.organisation_id for b in belongings))
    needs = user.platform or any(b.kind in SECOND_FACTOR_KINDS for b in belongings) or await _is_juror(db, user.id)
    return Actor(
        user_id=user.id, name=user.name, email=user.email, locale=user.locale, platform=user.platform, demo=user.demo,
        second_factor=bool(session and session.second_factor_at), needs_second_factor=needs and settings().second_factor_required,
        current_id=session.organisation_id if session else None, belongings=belongings, mandates=mandates,
        session_hash=session.token_hash if session else b"",
    )  # fmt: skip


async def _mandates(db: AsyncSession, agents: tuple[int, ...]) -> tuple[ActingFor, ...]:
    if not agents:
        return ()
    rows = await db.execute(
        select(Mandate.grantor_id, Mandate.agent_id, Organisation.name, Mandate.scope)
        .join(Organisation, Organisation.id == Mandate.grantor_id)
        .where(Mandate.agent_id.in_(agents), Mandate.revoked_at.is_(None), Mandate.during.contains(clock.today()))
    )
    return tuple(ActingFor(r.grantor_id, r.agent_id, r.name, r.scope) for r in rows)


# The selection room, above, says who is a juror; this room cannot import it.
JUROR_QUESTIONS: list[Callable[[AsyncSession, int], Awaitable[bool]]] = []


async def _is_juror(db: AsyncSession, user_id: int) -> bool:
    for ask in JUROR_QUESTIONS:
        if await ask(db, user_id):
            return True
    return False
