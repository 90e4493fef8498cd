"""Documents joined to an application: sent now, or taken from the structure's own kept papers; taken out of a draft.

What is joined is opened, bounded and scanned before it is kept (`intervalle.deposits`); the receipt carries its hash.
"""

from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import queries
from calls.applications import lock
from calls.models import Application, ApplicationDocument, Call
from calls.saving import touch
from intervalle import clock, deposits, files, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.documents import current_of, standing
from intervalle.accounts.models import DOCUMENT_KINDS
from intervalle.accounts.policy_table import POLICY
from intervalle.deposits import Deposit
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.outbox import StoredFile

MOST = 20
MOST_BYTES = 100 * 1024 * 1024
SECTION = "pieces"


async def join(
    db: AsyncSession, actor: Actor, application: Application, *, kind: str, deposit: Deposit
) -> ApplicationDocument:
    """Join a document to the draft. The same content twice under the same kind is joined once."""
    application, call = await _draft(db, actor, application)
    if kind not in DOCUMENT_KINDS:
        raise NotFound
    for document, stored in await _joined(db, application):
        if (
            document.kind == kind
            and document.sent_sha256 == deposit.sent_sha256
            and stored.size == len(deposit.content)
        ):
            return document
    await _refuse_past_the_limit(db, application, len(deposit.content))
    stored = await deposits.keep(db, deposit, owner_id=application.organisation_id, user_id=actor.user_id)
    made = ApplicationDocument(
        application_id=application.id, kind=kind, file_id=stored.id, sent_sha256=deposit.sent_sha256, added_at=clock.now(),
        added_by_id=actor.user_id,
    )  # fmt: skip
    return await _add(db, actor, call, application, made, stored)


async def reuse(db: AsyncSession, actor: Actor, application: Application, document_ids: Collection[int]) -> int:
    """Join papers that the structure keeps, as they are today; one that has expired is left out. Gives how many."""
    application, call = await _draft(db, actor, application)
    held = {document.structure_document_id for document, _stored in await _joined(db, application)}
    offered = [] if application.typed_by_id else (await db.execute(current_of([application.organisation_id]))).all()
    count = 0
    for paper, stored in offered:
        if paper.id not in document_ids or paper.id in held or standing(paper, clock.today()) == "expired":
            continue
        await _refuse_past_the_limit(db, application, stored.size)
        made = ApplicationDocument(
            application_id=application.id, kind=paper.kind, file_id=stored.id, sent_sha256=stored.sha256,
            structure_document_id=paper.id, added_at=clock.now(), added_by_id=actor.user_id,
        )  # fmt: skip
        await _add(db, actor, call, application, made, stored)
        count += 1
    return count


async def take_out(db: AsyncSession, actor: Actor, application: Application, document_id: int) -> None:
    """Out of the draft. A file sent for it alone is erased; a paper of the structure stays with the structure."""
    application, call = await _draft(db, actor, application)
    found = next((row for row in await _joined(db, application) if row[0].id == document_id), None)
    if found is None:
        raise NotFound
    document, stored = found
    await db.execute(delete(ApplicationDocument).where(ApplicationDocument.id == document.id))
    if document.structure_document_id is None:
        await files.discard(db, stored)
    touch(application, actor, SECTION)
    await _record(db, actor, call, application, "applications.take_out_document", document, stored)


async def _draft(db: AsyncSession, actor: Actor, application: Application) -> tuple[Application, Call]:
    POLICY.check(actor, "applications.draft", application)
    application, call = await lock(db, application)
    POLICY.check(actor, "applications.draft", application)
    return application, call


async def _joined(db: AsyncSession, application: Application) -> list[tuple[ApplicationDocument, StoredFile]]:
    rows = await db.execute(queries.documents_of([application.id]))
    return [(document, stored) for document, stored in rows]


async def _refuse_past_the_limit(db: AsyncSession, application: Application, size: int) -> None:
    of = select(func.count(), func.coalesce(func.sum(StoredFile.size), 0)).join(
        ApplicationDocument, ApplicationDocument.file_id == StoredFile.id
    )
    count, total = (await db.execute(of.where(ApplicationDocument.application_id == application.id))).one()
    if count >= MOST:
        raise Refused(
            _("Vingt documents au plus par dossier."), _("Retirez-en un, ou réunissez-en plusieurs en un PDF.")
        )
    if total + size > MOST_BYTES:
        raise Refused(
            _("Les documents d’un dossier pèsent 100 Mo au plus, ensemble."), _("Réduisez-les, ou retirez-en un.")
        )


async def _add(
    db: AsyncSession, actor: Actor, call: Call, application: Application, made: ApplicationDocument, stored: StoredFile
) -> ApplicationDocument:
    db.add(made)
    touch(application, actor, SECTION)
    await db.flush()
    await _record(db, actor, call, application, "applications.join_document", made, stored)
    return made


async def _record(
    db: AsyncSession, actor: Actor, call: Call, application: Application, action: str, document: ApplicationDocument,
    stored: StoredFile,
) -> None:  # fmt: skip
    await db.flush()
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{application.id}", actor_id=actor.user_id,
        organisation_id=application.organisation_id, facts={"kind": document.kind, "sha256": stored.sha256.hex(), "size": stored.size},
    )  # fmt: skip
