"""Verbs on the plans and documents of premises: their type is what they contain, whatever their name says."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import deposits, files
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from premises.models import Document, Premises
from premises.supply import locked, record

MOST = 30


async def add(
    db: AsyncSession, actor: Actor, premises: Premises, *, name: str, content: bytes, title: str, public: bool
) -> Document:
    """Keep a document, private unless said otherwise. The same content twice is one document."""
    POLICY.check(actor, "premises.edit", premises)
    await locked(db, premises)
    kept = (await db.execute(select(func.count(Document.id)).where(Document.premises_id == premises.id))).scalar_one()
    if kept >= MOST:
        raise Refused(_("Trente documents au plus par local."), _("Retirez-en un d’abord."))
    sent = await deposits.paper(content)
    clean, kind = sent.content, sent.content_type
    same = (
        select(Document)
        .join(StoredFile, StoredFile.id == Document.file_id)
        .where(Document.premises_id == premises.id, StoredFile.sha256 == files.sha256(clean))
    )
    if existing := (await db.execute(same)).scalars().first():
        return existing
    stored = await files.keep(
        db, name=name, content=clean, content_type=kind, audience="parties", scan=sent.scan,
        owner_id=premises.owner_id, user_id=actor.user_id,
    )  # fmt: skip
    made = Document(premises_id=premises.id, file_id=stored.id, title=title, public=public)
    db.add(made)
    await db.flush()
    facts = {"document": made.id, "title": title, "public": public, "sha256": stored.sha256.hex()}
    await record(db, actor, premises, "premises.add_document", facts)
    return made


async def _own(db: AsyncSession, premises: Premises, document_id: int) -> Document:
    await locked(db, premises)
    rows = select(Document).where(Document.id == document_id, Document.premises_id == premises.id)
    found = (await db.execute(rows)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def show_to_all(db: AsyncSession, actor: Actor, premises: Premises, document_id: int, *, public: bool) -> None:
    """Public with the page, or for the owner and its manager alone."""
    POLICY.check(actor, "premises.edit", premises)
    document = await _own(db, premises, document_id)
    if document.public != public:
        document.public = public
        await record(db, actor, premises, "premises.show_document", {"document": document_id, "public": public})


async def remove(db: AsyncSession, actor: Actor, premises: Premises, document_id: int) -> None:
    POLICY.check(actor, "premises.edit", premises)
    document = await _own(db, premises, document_id)
    await db.delete(document)
    await record(db, actor, premises, "premises.remove_document", {"document": document_id, "title": document.title})
