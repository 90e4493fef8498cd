"""What people do with their own account: sign up, confirm, reset, second factor."""

from datetime import timedelta

import pyotp
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, journal, later, mail, security
from intervalle.accounts import sessions
from intervalle.accounts.models import PasswordReset, User
from intervalle.errors import Refused
from intervalle.settings import settings

RESET_LASTS = timedelta(hours=2)
CONFIRM_LASTS = timedelta(days=3)


async def by_email(db: AsyncSession, email: str) -> User | None:
    found = await db.execute(select(User).where(func.lower(User.email) == email.strip().lower()))
    return found.scalar_one_or_none()


async def sign_up(db: AsyncSession, *, name: str, email: str, password: str) -> None:
    """A new account, or a word to the one that exists: the page says the same either way."""
    known = await by_email(db, email)
    hashed = await security.hash_password(password)  # in both cases: the answer takes the same time
    stamp = clock.now().strftime("%Y%m%d%H%M")
    if known:
        await mail.post(
            db, to=known.email, user_id=known.id, kind="account.exists", dedupe=f"exists:{known.id}:{stamp}",
            subject=later._("Vous avez déjà un compte Intervalle"),
            text=later._(
                "Bonjour,\n\nQuelqu’un, sans doute vous, a voulu créer un compte avec cette adresse, qui en a déjà un.\n"
                "Pour vous connecter : %(url)s/connexion\nMot de passe oublié : %(url)s/mot-de-passe\n",
                url=settings().base_url,
            ),
        )  # fmt: skip
        return
    user = User(name=name, email=email, password_hash=hashed)
    db.add(user)
    await db.flush()
    await journal.record(
        db, chain=f"user:{user.id}", action="account.sign_up", subject=f"user:{user.id}", actor_id=user.id
    )
    await mail.post(
        db, to=email, user_id=user.id, kind="account.confirm", dedupe=f"confirm:{user.id}:{stamp}",
        subject=later._("Confirmez votre adresse"),
        text=later._(
            "Bonjour %(name)s,\n\nOuvrez cette page et appuyez sur « Confirmer » pour terminer votre inscription :\n%(url)s\n\n"
            "Le lien reste valable trois jours. Si vous n’avez rien demandé, ne faites rien.\n",
            name=name, url=f"{settings().base_url}/inscription/confirmer?jeton={confirm_token(user)}",
        ),
    )  # fmt: skip


def confirm_token(user: User) -> str:
    return security.sign("confirm", {"user": user.id, "until": int((clock.now() + CONFIRM_LASTS).timestamp())})


async def confirm(db: AsyncSession, token: str) -> User:
    value = security.unsign("confirm", token)
    if not value or value["until"] < clock.now().timestamp():
        raise Refused(
            "Ce lien n’est plus valable.",
            "Connectez-vous, ou créez votre compte de nouveau : vous recevrez un autre lien.",
        )
    user = (await db.execute(select(User).where(User.id == value["user"]).with_for_update())).scalar_one()
    if user.email_confirmed_at is None:
        user.email_confirmed_at = clock.now()
        await journal.record(
            db, chain=f"user:{user.id}", action="account.confirm", subject=f"user:{user.id}", actor_id=user.id
        )
    return user


async def ask_reset(db: AsyncSession, email: str) -> None:
    """A link by mail when the account exists; nothing otherwise, and the page says the same."""
    user = await by_email(db, email)
    if user is None or user.disabled_at:
        return
    token = security.token()
    db.add(PasswordReset(token_hash=security.token_hash(token), user_id=user.id, expires_at=clock.now() + RESET_LASTS))
    await mail.post(
        db, to=user.email, user_id=user.id, kind="account.reset", dedupe=f"reset:{security.token_hash(token).hex()}",
        subject=later._("Choisir un nouveau mot de passe"),
        text=later._(
            "Bonjour %(name)s,\n\nPour choisir un nouveau mot de passe, ouvrez cette page (valable deux heures) :\n%(url)s\n\n"
            "Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même.\n",
            name=user.name, url=f"{settings().base_url}/mot-de-passe/nouveau?jeton={token}",
        ),
    )  # fmt: skip


async def find_reset(db: AsyncSession, token: str, *, lock: bool = False) -> PasswordReset | None:
    query = select(PasswordReset).where(
        PasswordReset.token_hash == security.token_hash(token),
        PasswordReset.used_at.is_(None),
        PasswordReset.expires_at > clock.now(),
    )
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def reset(db: AsyncSession, token: str, password: str) -> User:
    """Set the password, close every session of the account, spend the link."""
    asked = await find_reset(db, token, lock=True)
    if asked is None:
        raise Refused(
            "Ce lien a déjà servi ou n’est plus valable.",
            "Demandez-en un autre depuis la page « Mot de passe oublié ».",
        )
    asked.used_at = clock.now()
    user = (await db.execute(select(User).where(User.id == asked.user_id).with_for_update())).scalar_one()
    user.password_hash = await security.hash_password(password)
    user.email_confirmed_at = user.email_confirmed_at or clock.now()
    await sessions.close_all(db, user.id)
    await journal.record(
        db, chain=f"user:{user.id}", action="account.reset", subject=f"user:{user.id}", actor_id=user.id
    )
    return user


async def start_second_factor(db: AsyncSession, user: User) -> str:
    """A fresh secret until it is confirmed; gives the otpauth:// address for the QR code."""
    if not user.totp_secret:
        user.totp_secret = pyotp.random_base32()
        await db.flush()
    return pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.email, issuer_name="Intervalle")


async def check_code(db: AsyncSession, user_id: int, code: str) -> bool:
    """Each code once: the step it belongs to must be later than the last one used (row locked)."""
    user = (await db.execute(select(User).where(User.id == user_id).with_for_update())).scalar_one()
    digits = "".join(c for c in code if c.isdigit())
    if not user.totp_secret or len(digits) != 6:
        return False
    totp = pyotp.TOTP(user.totp_secret)
    step = int(clock.now().timestamp()) // totp.interval
    for candidate in (step, step - 1, step + 1):
        if totp.verify(digits, for_time=candidate * totp.interval) and candidate > (user.totp_last_step or 0):
            first = user.totp_confirmed_at is None
            user.totp_last_step = candidate
            user.totp_confirmed_at = user.totp_confirmed_at or clock.now()
            if first:
                await journal.record(
                    db,
                    chain=f"user:{user.id}",
                    action="account.second_factor",
                    subject=f"user:{user.id}",
                    actor_id=user.id,
                )
            return True
    return False


async def set_locale(db: AsyncSession, user_id: int, locale: str) -> None:
    await db.execute(update(User).where(User.id == user_id).values(locale=locale))
