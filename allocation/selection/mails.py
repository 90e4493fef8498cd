"""What the selection room writes to people. None says a mark, and no link acts by itself."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.models import Panel, Seat, SeatInvitation
from calls.models import Call
from intervalle import mail
from intervalle.accounts.models import User
from intervalle.i18n import _
from intervalle.settings import settings


async def seated(db: AsyncSession, call: Call, panel: Panel, seat: Seat, user: User) -> None:
    """Tell a person that they sit."""
    await mail.post(
        db, to=user.email, user_id=user.id, kind="panel.seated", dedupe=f"seated:{seat.id}:{seat.created_at:%Y%m%d%H%M%S}",
        subject=_("Vous siégez à la commission « %(call)s »", call=call.title),
        text=_(
            "Bonjour %(name)s,\n\nVous êtes membre de la commission de l’appel « %(call)s ».\n"
            "Après la clôture, vous déclarerez vos liens éventuels avec les structures candidates, puis vous noterez les"
            " dossiers.\n\nVotre espace : %(url)s\n",
            name=user.name, call=call.title, url=_url(call),
        ),
    )  # fmt: skip


async def invited(db: AsyncSession, call: Call, invitation: SeatInvitation, token: str) -> None:
    """Invite somebody without an account."""
    await mail.post(
        db, to=invitation.email, kind="panel.invited", dedupe=f"seat-invitation:{invitation.id}",
        subject=_("Invitation à la commission « %(call)s »", call=call.title),
        text=_(
            "Bonjour,\n\nVous êtes invité à siéger à la commission de l’appel « %(call)s ».\n"
            "Ouvrez cette page, connectez-vous ou créez votre compte, puis acceptez :\n%(url)s\n\n"
            "L’invitation vaut trois semaines. Si elle ne vous concerne pas, ne faites rien.\n",
            call=call.title, url=f"{settings().base_url}/commissions/invitation/{token}",
        ),
    )  # fmt: skip


async def opened(db: AsyncSession, call: Call, panel: Panel) -> None:
    """After the opening act, ask each juror for the declaration."""
    rows = await db.execute(
        select(Seat.id, User)
        .join(User, User.id == Seat.user_id)
        .where(Seat.panel_id == panel.id, Seat.left_at.is_(None))
        .order_by(Seat.id)
    )
    for seat_id, user in rows:
        await mail.post(
            db, to=user.email, user_id=user.id, kind="panel.opened", dedupe=f"panel-opened:{seat_id}",
            subject=_("Commission « %(call)s » : déclarez vos liens", call=call.title),
            text=_(
                "Bonjour %(name)s,\n\nLes dossiers de l’appel « %(call)s » sont ouverts.\n"
                "Avant de les lire, dites si vous avez un lien avec l’une des structures candidates :\n%(url)s/conflits\n",
                name=user.name, call=call.title, url=_url(call),
            ),
        )  # fmt: skip


def _url(call: Call) -> str:
    return f"{settings().base_url}/commissions/{call.id}"
