"""Papers of a structure: kept once, with the day they stop being valid, and joined to any application.

For the rooms above: `current_of(ids)` selects what may be joined, `standing(document, today)` says whether it can
still be relied on, `KIND_LABELS` names the kinds. A paper replaced or taken out stays readable where it was joined.
"""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, deposits, files, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.document_kinds import KIND_LABELS as KIND_LABELS
from intervalle.accounts.models import DOCUMENT_KINDS, Organisation, StructureDocument
from intervalle.accounts.policy_table import POLICY
from intervalle.outbox import StoredFile

assert tuple(KIND_LABELS) == DOCUMENT_KINDS
SOON = timedelta(days=30)


def standing(document: StructureDocument, today: date) -> str:
    """« withdrawn », « expired », « expiring » (within thirty days) or « valid », on a civil day."""
    if document.withdrawn_at is not None:
        return "withdrawn"
    if document.valid_until is None:
        return "valid"
    if document.valid_until < today:
        return "expired"
    return "expiring" if document.valid_until <= today + SOON else "valid"


def current_of(organisation_ids: Collection[int]) -> Select[StructureDocument, StoredFile]:
    """Papers that were neither replaced nor taken out (an expired one is there: its standing says so)."""
    return (
        select(StructureDocument, StoredFile)
        .join(StoredFile, StoredFile.id == StructureDocument.file_id)
        .where(StructureDocument.organisation_id.in_(list(organisation_ids)), StructureDocument.withdrawn_at.is_(None))
        .order_by(StructureDocument.organisation_id, StructureDocument.kind, StructureDocument.id.desc())
    )


async def keep(
    db: AsyncSession, actor: Actor, organisation: Organisation, *, kind: str, title: str, name: str, content: bytes,
    valid_until: date | None = None, replaces_id: int | None = None,
) -> StructureDocument:  # fmt: skip
    """Keep one paper; the same bytes of the same kind are kept once. Raises files.BadFile on what does not open."""
    POLICY.check(actor, "documents.keep", organisation)
    sent = await deposits.paper(content)
    content, content_type = sent.content, sent.content_type
    # Two clicks at once would both find nothing.
    await db.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update(key_share=True))
    held = [row[0] for row in await db.execute(_same(organisation.id, kind, content))]
    if held:
        held[0].title, held[0].valid_until = title, valid_until
        await _record(db, actor, held[0], "documents.keep")
        return held[0]
    stored = await files.keep(
        db, name=name, content=content, content_type=content_type, audience="parties", scan=sent.scan,
        owner_id=organisation.id, user_id=actor.user_id,
    )  # fmt: skip
    made = StructureDocument(
        organisation_id=organisation.id, kind=kind, title=title, file_id=stored.id, valid_until=valid_until,
        created_at=clock.now(), created_by_id=actor.user_id,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    for old in [row[0] for row in await db.execute(current_of([organisation.id])) if row[0].id == replaces_id]:
        old.withdrawn_at, old.replaced_by_id = clock.now(), made.id
    await _record(db, actor, made, "documents.keep")
    return made


def _same(organisation_id: int, kind: str, content: bytes) -> Select[StructureDocument, StoredFile]:
    same = files.sha256(content)
    return current_of([organisation_id]).where(StructureDocument.kind == kind, StoredFile.sha256 == same)


async def withdraw(db: AsyncSession, actor: Actor, document: StructureDocument) -> None:
    """Take a paper out of the ones offered to applications. Twice changes nothing."""
    POLICY.check(actor, "documents.keep", document)
    if document.withdrawn_at is None:
        document.withdrawn_at = clock.now()
        await _record(db, actor, document, "documents.withdraw")


async def _record(db: AsyncSession, actor: Actor, document: StructureDocument, action: str) -> None:
    await db.flush()
    await journal.record(
        db, chain=f"organisation:{document.organisation_id}", action=action, subject=f"document:{document.id}",
        facts={"kind": document.kind, "valid_until": document.valid_until.isoformat() if document.valid_until else None},
        actor_id=actor.user_id, organisation_id=document.organisation_id,
    )  # fmt: skip
