"""Verbs on missing pieces: ask the applicant for them with a date, answer, take the request back.

CRPA art. L114-5: an incomplete file is not refused before its author was told what is missing and had time to send it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import checklist, mails
from allocation.selection.models import Correction, CorrectionFile, Panel
from allocation.selection.queries import files_open_to
from allocation.selection.suspension import suspended_days
from calls.models import Application, Call
from calls.queries import applications_visible_to
from calls.receipts import SUSPENSIONS
from intervalle import clock, deposits, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.deposits import Deposit
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.web import one_or_404

MOST_FILES = 5
LEAST = timedelta(days=3)  # a shorter delay would be no delay at all


async def ask(
    db: AsyncSession,
    actor: Actor,
    call: Call,
    application_id: int,
    *,
    items: Collection[str],
    request: str,
    until: datetime,
) -> Correction:
    """Tell the applicant what is missing and until when. One request at a time."""
    POLICY.check(actor, "panel.ask_correction", call)
    await _before_ranking(db, call)
    application = one_or_404(
        await db.execute(
            files_open_to(call.id, actor).where(Application.id == application_id).with_for_update(of=Application)
        )
    )
    if not request.strip():
        raise Refused(_("Dites ce qui manque : la structure ne peut pas le deviner."))
    if until < clock.now() + LEAST:
        raise Refused(_("Laissez au moins trois jours à la structure pour répondre."))
    pending = await db.execute(
        select(Correction.id).where(
            Correction.application_id == application.id,
            Correction.answered_at.is_(None),
            Correction.withdrawn_at.is_(None),
        )
    )
    if pending.first():
        raise Refused(_("Un complément est déjà demandé sur ce dossier : attendez sa réponse, ou retirez-le."))
    asked = Correction(
        application_id=application.id, organisation_id=application.organisation_id,
        items=[key for key in checklist.BY_KEY if key in items], request=request.strip(), asked_at=clock.now(),
        asked_by_id=actor.user_id, until=until,
    )  # fmt: skip
    db.add(asked)
    await db.flush()
    await _record(
        db,
        actor,
        call,
        "panel.ask_correction",
        application,
        asked,
        {"request": asked.request, "until": until.isoformat()},
    )
    await mails.correction_asked(db, call, application, asked)
    return asked


async def answer(
    db: AsyncSession, actor: Actor, correction_id: int, text: str, files: Sequence[Deposit] = ()
) -> Correction:
    """The applicant's answer, once, in time, with files if it needs some. It stands beside the file, whose hash does not change."""
    found = await db.execute(select(Correction).where(Correction.id == correction_id).with_for_update())
    asked = found.scalar_one_or_none()
    if asked is None or asked.withdrawn_at:
        raise NotFound
    POLICY.check(actor, "panel.answer_correction", asked)
    application = (await db.execute(select(Application).where(Application.id == asked.application_id))).scalar_one()
    call = (await db.execute(select(Call).where(Call.id == application.call_id))).scalar_one()
    if asked.answered_at:
        raise Refused(_("Votre complément est déjà envoyé."))
    if clock.now() >= asked.until:
        raise Refused(
            _("Le délai est passé : ce complément ne peut plus être envoyé."),
            _("Écrivez au service qui organise l’appel."),
        )
    if not text.strip():
        raise Refused(_("Écrivez votre réponse avant de l’envoyer."))
    if len(files) > MOST_FILES:
        raise Refused(_("%(n)s fichiers au plus par réponse : réunissez-en plusieurs en un PDF.", n=MOST_FILES))
    for deposit in files:
        stored = await deposits.keep(db, deposit, owner_id=asked.organisation_id, user_id=actor.user_id)
        db.add(
            CorrectionFile(
                correction_id=asked.id, file_id=stored.id, sent_sha256=deposit.sent_sha256, added_at=clock.now()
            )
        )
    asked.answer, asked.answered_at, asked.answered_by_id = text.strip(), clock.now(), actor.user_id
    await _record(
        db,
        actor,
        call,
        "panel.answer_correction",
        application,
        asked,
        {"answer": asked.answer, "files": [d.sent_sha256.hex() for d in files]},
    )
    await mails.correction_answered(db, call, application, asked)
    return asked


async def files_of(db: AsyncSession, correction_ids: Collection[int]) -> dict[int, list[StoredFile]]:
    """Correction -> the files joined to its answer, in the order they were sent."""
    rows = await db.execute(
        select(CorrectionFile.correction_id, StoredFile)
        .join(StoredFile, StoredFile.id == CorrectionFile.file_id)
        .where(CorrectionFile.correction_id.in_(correction_ids))
        .order_by(CorrectionFile.id)
    )
    found: dict[int, list[StoredFile]] = {one: [] for one in correction_ids}
    for correction_id, stored in rows:
        found[correction_id].append(stored)
    return found


async def file_visible_to(db: AsyncSession, actor: Actor, correction_id: int, file_id: int) -> StoredFile:
    """To whoever may read the application: its authors, and the organiser's staff that is not set aside from it."""
    readable = applications_visible_to(actor).with_only_columns(Application.id)
    return one_or_404(
        await db.execute(
            select(StoredFile)
            .join(CorrectionFile, CorrectionFile.file_id == StoredFile.id)
            .join(Correction, Correction.id == CorrectionFile.correction_id)
            .where(Correction.id == correction_id, StoredFile.id == file_id, Correction.application_id.in_(readable))
        )
    )


async def take_back(db: AsyncSession, actor: Actor, call: Call, correction_id: int) -> None:
    """Withdraw a request that got no answer."""
    POLICY.check(actor, "panel.ask_correction", call)
    found = await db.execute(
        select(Correction)
        .join(Application, Application.id == Correction.application_id)
        .where(
            Correction.id == correction_id,
            Application.id.in_(files_open_to(call.id, actor).order_by(None).with_only_columns(Application.id)),
        )
        .with_for_update(of=Correction)
    )
    asked = found.scalar_one_or_none()
    if asked is None:
        raise NotFound
    if asked.answered_at or asked.withdrawn_at:
        raise Refused(_("Cette demande n’est plus en attente."))
    asked.withdrawn_at = clock.now()
    application = (await db.execute(select(Application).where(Application.id == asked.application_id))).scalar_one()
    await _record(db, actor, call, "panel.withdraw_correction", application, asked, {})


async def still_running(db: AsyncSession, application_id: int) -> Correction | None:
    """A request whose delay runs and that got no answer: the file cannot be refused before."""
    found = await db.execute(
        select(Correction).where(
            Correction.application_id == application_id, Correction.answered_at.is_(None), Correction.withdrawn_at.is_(None),
            Correction.until > clock.now(),
        )
    )  # fmt: skip
    return found.scalar_one_or_none()


async def _before_ranking(db: AsyncSession, call: Call) -> None:
    await db.execute(select(Panel.id).where(Panel.call_id == call.id).with_for_update(read=True))
    await db.refresh(call)
    if call.stage() != "closed":
        raise Refused(_("Le classement est arrêté : aucun complément ne peut plus être demandé."))


async def _record(
    db: AsyncSession,
    actor: Actor,
    call: Call,
    action: str,
    application: Application,
    asked: Correction,
    facts: dict[str, object],
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"correction:{asked.id}", actor_id=actor.user_id,
        organisation_id=actor.current.organisation_id if actor.current else None,
        facts={"file": application.label, "items": asked.items, **facts},
    )  # fmt: skip


async def days_suspended(db: AsyncSession, application: Application) -> int:
    """Days the clock of silence stood still for this file (CRPA L114-5)."""
    rows = await db.execute(select(Correction).where(Correction.application_id == application.id))
    return suspended_days(rows.scalars(), clock.PARIS)


if days_suspended not in SUSPENSIONS:
    SUSPENSIONS.append(days_suspended)
