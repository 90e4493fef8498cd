"""Mails about visits and questions. Rows of the outbox, written in the caller's transaction."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.mails import address, applicants_of, tell
from calls.meeting_models import LateRequest, Question, VisitBooking, VisitSlot
from calls.models import Application, Call
from intervalle.accounts.models import Organisation
from intervalle.later import _, instant


async def concerned(db: AsyncSession, call: Call) -> list[int]:
    """Whoever showed interest: applicants, those who booked a visit, those who asked."""
    visitors = await db.execute(
        select(VisitBooking.organisation_id)
        .join(VisitSlot, VisitSlot.id == VisitBooking.slot_id)
        .where(VisitSlot.call_id == call.id, VisitBooking.cancelled_at.is_(None))
    )
    askers = await db.execute(select(Question.organisation_id).where(Question.call_id == call.id))
    return sorted({*await applicants_of(db, call.id), *visitors.scalars(), *askers.scalars()})


async def visit_added(db: AsyncSession, call: Call, slot: VisitSlot) -> int:
    text = _(
        "Une visite s’ajoute à l’appel « %(title)s » : le %(at)s.\n\nInscrivez-vous sur la page des visites.\n%(link)s\n",
        title=call.title, at=instant(slot.starts_at), link=address(f"/appels/{call.id}/visites"),
    )  # fmt: skip
    return await tell(
        db, await concerned(db, call), kind="visits.added", about=f"call:{call.id}", dedupe=f"visit-added:{slot.id}",
        subject=_("Nouvelle visite : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def visit_cancelled(db: AsyncSession, call: Call, slot: VisitSlot, booked: Iterable[int]) -> int:
    text = _(
        "La visite du %(at)s pour l’appel « %(title)s » est annulée.\n\nChoisissez un autre créneau sur la page des visites.\n%(link)s\n",
        title=call.title, at=instant(slot.starts_at), link=address(f"/appels/{call.id}/visites"),
    )  # fmt: skip
    return await tell(
        db, booked, kind="visits.cancelled", about=f"call:{call.id}", dedupe=f"visit-cancelled:{slot.id}",
        subject=_("Visite annulée : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def visit_booked(db: AsyncSession, call: Call, slot: VisitSlot, booking: VisitBooking) -> int:
    where = _("Rendez-vous : %(place)s", place=slot.meeting_point) + "\n" if slot.meeting_point else ""
    text = _(
        "Vous êtes inscrits à la visite du %(at)s pour l’appel « %(title)s ».\n\n%(where)sPersonnes : %(people)s\n\n"
        "Un empêchement ? Libérez vos places sur la page des visites.\n%(link)s\n",
        title=call.title, at=instant(slot.starts_at), where=where, people=booking.people,
        link=address(f"/appels/{call.id}/visites"),
    )  # fmt: skip
    return await tell(
        db, [booking.organisation_id], kind="visits.booked",
        dedupe=f"visit-booked:{slot.id}:{booking.organisation_id}:{booking.booked_at.isoformat()}",
        subject=_("Visite réservée : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def question_asked(db: AsyncSession, call: Call, question: Question) -> int:
    text = _(
        "Une question est posée sur l’appel « %(title)s » :\n\n%(text)s\n\nVotre réponse sera publiée pour tous.\n%(link)s\n",
        title=call.title, text=question.text, link=address(f"/appels/{call.id}/questions"),
    )  # fmt: skip
    return await tell(
        db, sorted(call.parties()["organiser"]), kind="questions.asked", dedupe=f"question-asked:{question.id}",
        subject=_("Question à laquelle répondre : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def question_answered(db: AsyncSession, call: Call, question: Question, *, extended: bool) -> int:
    more = (
        _("La clôture est reportée pour tout le monde au %(at)s.", at=instant(call.closes_at)) + "\n"
        if extended
        else ""
    )
    text = _(
        "Une réponse est publiée sur l’appel « %(title)s ».\n\nQuestion : %(text)s\n\nRéponse : %(answer)s\n\n%(more)s%(link)s\n",
        title=call.title, text=question.published_text, answer=question.answer, more=more,
        link=address(f"/appels/{call.id}/questions"),
    )  # fmt: skip
    return await tell(
        db, await concerned(db, call), kind="questions.answered", about=f"call:{call.id}", dedupe=f"question-answered:{question.id}",
        subject=_("Réponse publiée : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def question_declined(db: AsyncSession, call: Call, question: Question) -> int:
    text = _(
        "L’organisateur de l’appel « %(title)s » ne répond pas à votre question.\n\nQuestion : %(text)s\n\nMotif : %(reason)s\n%(link)s\n",
        title=call.title, text=question.text, reason=question.decline_reason,
        link=address(f"/appels/{call.id}/questions"),
    )  # fmt: skip
    return await tell(
        db, [question.organisation_id], kind="questions.declined", dedupe=f"question-declined:{question.id}",
        subject=_("Votre question : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def late_asked(db: AsyncSession, call: Call, request: LateRequest, structure: Organisation) -> int:
    text = _(
        "%(structure)s demande que son dossier, arrivé après la clôture de l’appel « %(title)s », soit pris en compte.\n\n"
        "Raison donnée : %(reason)s\n\nÀ vous de décider, avec un motif.\n%(link)s\n",
        structure=structure.name, title=call.title, reason=request.reason, link=address(f"/appels/{call.id}/tardifs"),
    )  # fmt: skip
    return await tell(
        db, sorted(call.parties()["organiser"]), kind="late.asked", dedupe=f"late-asked:{request.id}",
        subject=_("Dépôt tardif à décider : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def late_decided(db: AsyncSession, call: Call, request: LateRequest, application: Application) -> int:
    said = (
        _("Votre dossier %(label)s est pris en compte malgré son retard.", label=application.label)
        if request.accepted
        else _("Votre dossier %(label)s, arrivé après la clôture, n’est pas pris en compte.", label=application.label)
    )
    text = _(
        "%(said)s\n\nAppel : %(title)s\nMotif : %(motive)s\n%(link)s\n",
        said=said, title=call.title, motive=request.motive, link=address(f"/candidatures/{application.id}"),
    )  # fmt: skip
    return await tell(
        db, [application.organisation_id], kind="late.decided", dedupe=f"late-decided:{request.id}",
        subject=_("Dépôt tardif : %(title)s", title=call.title), text=text,
    )  # fmt: skip
