"""What the selection room writes to people. None says a mark, and no link acts by itself."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.meeting_models import Hearing
from allocation.selection.models import Correction, Panel, Seat, SeatInvitation
from allocation.selection.words import COLLEGES, PLACES, place_code
from calls.models import Application, Call
from calls.receipts import PUBLIC_KINDS
from intervalle import mail
from intervalle.accounts.models import Organisation, User
from intervalle.later import _, instant
from intervalle.settings import settings


async def seated(db: AsyncSession, call: Call, panel: Panel, seat: Seat, user: User) -> None:
    """Tell a person who sits for a rolling call that they sit for one of its batches too."""
    await mail.post(
        db, to=user.email, user_id=user.id, kind="panel.seated", dedupe=f"seated:{seat.id}:{seat.created_at:%Y%m%d%H%M%S}",
        subject=_("Vous siégez à la commission « %(call)s »", call=call.title),
        text=_(
            "Bonjour %(name)s,\n\nVous siégez déjà pour cet appel qui court : vous êtes membre de la commission de sa relève"
            " « %(call)s ».\nVous déclarerez vos liens éventuels avec les structures candidates, puis vous noterez les"
            " dossiers.\n\nVotre espace : %(url)s\n",
            name=user.name, call=call.title, url=_url(call),
        ),
    )  # fmt: skip


async def invited(db: AsyncSession, call: Call, panel: Panel, offer: SeatInvitation) -> None:
    """Offer a seat, or say again that an answer is awaited. The link carries no secret and acts on nothing."""
    organiser = (await db.execute(select(Organisation.name).where(Organisation.id == call.organiser_id))).scalar_one()
    sent = offer.reminded_at or offer.created_at
    account = (
        _("Connectez-vous : la page ne s’ouvre qu’à vous.")
        if offer.user_id
        else _("Connectez-vous, ou créez un compte avec cette adresse (%(email)s) : la page ne s’ouvre qu’à elle.", email=offer.email)
    )  # fmt: skip
    await mail.post(
        db, to=offer.email, user_id=offer.user_id, kind="panel.invited", dedupe=f"seat-invitation:{offer.id}:{sent:%Y%m%d%H%M%S}",
        subject=_("On vous propose un siège : commission « %(call)s »", call=call.title),
        text=_(
            "Bonjour,\n\n%(organiser)s vous propose de siéger à la commission de l’appel « %(call)s ».\n"
            "Collège : %(college)s. Place : %(place)s.\n\n"
            "Lisez ce qui est attendu, puis acceptez ou déclinez avant le %(until)s :\n%(url)s\n%(account)s\n",
            organiser=organiser, call=call.title, college=_(COLLEGES[offer.college]), place=_(PLACES[place_code(offer)]),
            until=instant(offer.expires_at), url=f"{settings().base_url}/commissions/invitation/{offer.id}", account=account,
        ),
    )  # fmt: skip


async def declined(db: AsyncSession, call: Call, offer: SeatInvitation, name: str) -> None:
    """Tell whoever offered the seat, with the reason when there is one."""
    user = (await db.execute(select(User).where(User.id == offer.created_by_id))).scalar_one()
    why = _("Motif : %(reason)s\n", reason=offer.decline_reason) if offer.decline_reason else ""
    await mail.post(
        db, to=user.email, user_id=user.id, kind="panel.declined", dedupe=f"seat-declined:{offer.id}",
        subject=_("Siège décliné : commission « %(call)s »", call=call.title),
        text=_(
            "Bonjour %(name)s,\n\n%(who)s (%(email)s) décline le siège proposé à la commission de l’appel « %(call)s ».\n%(why)s\n"
            "Proposez ce siège à quelqu’un d’autre :\n%(url)s/composition\n",
            name=user.name, who=name, email=offer.email, call=call.title, why=why, url=_url(call),
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
    meets = _("La commission se réunit le %(when)s.\n", when=instant(panel.meets_at)) if panel.meets_at else ""
    for seat_id, user in rows:
        await mail.post(
            db, to=user.email, user_id=user.id, kind="panel.opened", dedupe=f"panel-opened:{seat_id}",
            subject=_("Commission « %(call)s » : déclarez vos liens", call=call.title),
            text=_(
                "Bonjour %(name)s,\n\nLes dossiers de l’appel « %(call)s » sont ouverts.\n%(meets)s"
                "Avant de les lire, dites si vous avez un lien avec l’une des structures candidates :\n%(url)s/conflits\n",
                name=user.name, call=call.title, url=_url(call), meets=meets,
            ),
        )  # fmt: skip


async def correction_asked(db: AsyncSession, call: Call, application: Application, asked: Correction) -> None:
    """What is missing, until when, and where to answer: to whoever submitted the file."""
    user = (await db.execute(select(User).where(User.id == application.submitted_by_id))).scalar_one_or_none()
    if user is None:
        return
    kind = (await db.execute(select(Organisation.kind).where(Organisation.id == call.organiser_id))).scalar_one()
    stops = (
        _(" Le délai de deux mois au terme duquel le silence vaut rejet est suspendu jusqu’à votre réponse, ou jusqu’à cette date.")
        if kind in PUBLIC_KINDS
        else ""
    )  # fmt: skip
    await mail.post(
        db, to=user.email, user_id=user.id, kind="panel.correction", dedupe=f"correction:{asked.id}", about=f"application:{application.id}",
        subject=_("Complément demandé pour votre candidature %(label)s", label=application.label),
        text=_(
            "Bonjour %(name)s,\n\nPour examiner votre candidature à l’appel « %(call)s », il nous manque :\n\n%(request)s\n\n"
            "Répondez avant le %(until)s :\n%(url)s\n\nSans réponse à cette date, le dossier est examiné en l’état"
            " (code des relations entre le public et l’administration, art. L114-5).%(stops)s\n",
            stops=stops,
            name=user.name, call=call.title, request=asked.request, until=instant(asked.until),
            url=f"{settings().base_url}/complements/{asked.id}",
        ),
    )  # fmt: skip


async def correction_answered(db: AsyncSession, call: Call, application: Application, asked: Correction) -> None:
    """Tell who asked that the answer is there; the answer itself stays in the file."""
    user = (await db.execute(select(User).where(User.id == asked.asked_by_id))).scalar_one()
    await mail.post(
        db, to=user.email, user_id=user.id, kind="panel.correction_answered", dedupe=f"correction-answered:{asked.id}",
        subject=_("Complément reçu pour %(label)s", label=application.label),
        text=_(
            "Bonjour %(name)s,\n\nLa structure a répondu à votre demande de complément.\n%(url)s/recevabilite/%(id)s\n",
            name=user.name, url=_url(call), id=application.id,
        ),
    )  # fmt: skip


async def hearing(db: AsyncSession, call: Call, application: Application, heard: Hearing) -> None:
    """The hour of a hearing, or that it is called off."""
    user = (await db.execute(select(User).where(User.id == application.submitted_by_id))).scalar_one_or_none()
    if user is None:
        return
    if heard.cancelled_at:
        subject, text = (
            _("Audition annulée : %(label)s", label=application.label),
            _(
                "Bonjour %(name)s,\n\nL’audition prévue le %(when)s est annulée.\n",
                name=user.name,
                when=instant(heard.starts_at),
            ),
        )
    else:
        subject, text = (
            _(
                "Audition de votre candidature %(label)s le %(when)s",
                label=application.label,
                when=instant(heard.starts_at),
            ),
            _(
                "Bonjour %(name)s,\n\nLa commission de l’appel « %(call)s » vous entendra le %(when)s, pendant %(minutes)s minutes.\n"
                "Lieu : %(place)s\n\nVotre candidature, une fois connecté :\n%(url)s\n",
                name=user.name,
                url=f"{settings().base_url}/candidatures/{application.id}",
                call=call.title,
                when=instant(heard.starts_at),
                minutes=heard.minutes,
                place=heard.place or _("à préciser"),
            ),
        )
    mark = "cancelled" if heard.cancelled_at else "set"
    await mail.post(
        db,
        to=user.email,
        user_id=user.id,
        kind="panel.hearing",
        dedupe=f"hearing:{heard.id}:{mark}",
        about=f"application:{application.id}",
        subject=subject,
        text=text,
    )


def _url(call: Call) -> str:
    return f"{settings().base_url}/commissions/{call.id}"
