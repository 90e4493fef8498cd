"""Files that come after the closing: refused by themselves, kept complete, taken in only by an explicit decision.

Equal treatment: the file is judged as it was when it was handed in, the decision has a motive either way, and
nobody reads the file before it is taken in.
"""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import applications, content, meeting_mails, workflow
from calls.meeting_models import LateRequest
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


async def of_application(db: AsyncSession, application: Application) -> LateRequest | None:
    found = await db.execute(select(LateRequest).where(LateRequest.application_id == application.id))
    return found.scalar_one_or_none()


async def of_call(db: AsyncSession, call: Call) -> Sequence[Row[LateRequest, Application, Organisation]]:
    """Every late file, in order of arrival."""
    found = await db.execute(
        select(LateRequest, Application, Organisation)
        .join(Application, Application.id == LateRequest.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.call_id == call.id)
        .order_by(LateRequest.asked_at, LateRequest.id)
    )
    return found.all()


async def ask(db: AsyncSession, actor: Actor, application: Application, *, reason: str) -> LateRequest:
    """Hand in a complete draft after the closing, saying what prevented the deposit. Once per file.

    Raises Refused while the call is open, once the ranking is done, or when something is missing.
    """
    POLICY.check(actor, "late.ask", application)
    application, call = await applications.lock(db, application)
    POLICY.check(actor, "late.ask", application)
    if existing := await of_application(db, application):
        return existing
    if application.typed_by_id:
        raise Refused(_("Ce dossier est saisi d’après un dossier reçu : enregistrez-le, son retard se verra."))
    if workflow.call_state(call, clock.now()) != "closed":
        raise Refused(
            _("Un dépôt tardif se demande entre la clôture et le classement."), _("Revenez à la page de l’appel.")
        )
    file = await applications.whole(db, application)
    if missing := file.gaps():
        raise Refused(missing[0].sentence, _("Le dossier doit être complet : seul son retard peut être excusé."))
    document = content.plain(applications.file_content(file))
    made = LateRequest(
        application_id=application.id, asked_at=clock.now(), asked_by_id=actor.user_id, reason=reason,
        content=document, content_sha256=content.sha256_of(document),
    )  # fmt: skip
    db.add(made)
    await db.flush()
    await meeting_mails.late_asked(db, call, made, file.structure)
    await _record(db, actor, call, "late.ask", made, {"label": application.label, "sha256": made.content_sha256})
    return made


async def decide(
    db: AsyncSession, actor: Actor, call: Call, request_id: int, *, accepted: bool, motive: str
) -> LateRequest:
    """Take the late file in, as it was handed in, or leave it out; a motive either way, told to its authors."""
    POLICY.check(actor, "late.decide", call)
    found = await db.execute(
        select(LateRequest, Application)
        .join(Application, Application.id == LateRequest.application_id)
        .where(LateRequest.id == request_id, Application.call_id == call.id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    application, call = await applications.lock(db, row.Application)
    POLICY.check(actor, "late.decide", call)
    request: LateRequest = row.LateRequest
    await db.refresh(request, with_for_update=True)
    if request.decided_at:
        raise Refused(_("Ce dépôt tardif a déjà sa décision."), _("Rechargez la page pour la lire."))
    request.accepted, request.motive = accepted, motive
    request.decided_at, request.decided_by_id = clock.now(), actor.user_id
    if accepted:
        application.content, application.content_sha256 = request.content, request.content_sha256
        application.submitted_at, application.submitted_by_id = request.asked_at, request.asked_by_id
        application.version += 1
    await db.flush()
    await meeting_mails.late_decided(db, call, request, application)
    await _record(
        db, actor, call, "late.decide", request,
        {"label": application.label, "accepted": accepted, "motive": motive, "sha256": request.content_sha256},
    )  # fmt: skip
    return request


async def _record(
    db: AsyncSession, actor: Actor, call: Call, action: str, request: LateRequest, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{request.application_id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
