"""Verbs on an import of premises: bring a file, say what its columns are, launch it, undo it."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, files, i18n, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.db import Base
from intervalle.errors import Refused
from intervalle.i18n import N_, _
from intervalle.outbox import StoredFile
from premises.imports import mapping as mappings
from premises.imports import tables, writing
from premises.models import ImportEffect, Lot, Premises, PremisesImport

# Tables whose rows go, or come back, with the premises: they do not make them used.
OWN = frozenset({"lots", "premises", "premises_imports", "premises_import_effects", "favourites"})
USES = {
    "call_lots": N_("un appel"), "lot_wishes": N_("une candidature"), "awards": N_("une attribution"), "decisions": N_("une décision"),
    "leases": N_("un titre d’occupation"), "relocation_offers": N_("un relogement"), "occupancies": N_("l’histoire du lot"),
    "vacancies": N_("l’histoire du lot"), "photos": N_("une photo"), "premises_documents": N_("un document"), "need_matches": N_("un besoin à qui il a été proposé"),
    "visit_slots": N_("une visite"),
}  # fmt: skip
# Acts on a place that undoing its import does not contradict.
HARMLESS = ("premises.publish", "premises.withdraw", "premises.confirm")
MEDIA = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "geojson": "application/geo+json",
}


def imports_visible_to(actor: Actor) -> Select[PremisesImport]:
    """Those of the organisations one publishes for, latest first."""
    query = select(PremisesImport).order_by(PremisesImport.id.desc())
    return (
        query
        if actor.system
        else query.where(PremisesImport.owner_id.in_(actor.organisations(WRITE, scope="premises")))
    )


async def bring(
    db: AsyncSession, actor: Actor, *, owner_id: int, name: str, content: bytes, scan: str = "not_scanned"
) -> PremisesImport:
    """Keep a file, read its head, propose its columns. The same file sent twice is one import. Raises BadTable."""
    POLICY.check(actor, "premises.import", PremisesImport(owner_id=owner_id))
    table = tables.read(content)
    if known := await _just_brought(db, actor, owner_id, content):
        return known
    stored = await files.keep(
        db, name=name, content=content, content_type=MEDIA[table.layout], audience="parties", scan=scan, owner_id=owner_id,
        user_id=actor.user_id,
    )  # fmt: skip
    cnig = mappings.is_cnig(table.columns)
    one = PremisesImport(
        owner_id=owner_id, user_id=actor.user_id, file_id=stored.id, source="cnig-friches" if cnig else "fichier", layout=table.layout,
        mapping=mappings.propose(table.columns),
        options={**table.details, "lines": content.count(b"\n") if table.layout == "csv" else 0, "kind": "brownfield" if cnig else "ground_floor", "regime": "private", "available_from": clock.today().isoformat()},
    )  # fmt: skip
    db.add(one)
    await db.flush()
    return one


async def _just_brought(db: AsyncSession, actor: Actor, owner_id: int, content: bytes) -> PremisesImport | None:
    """The same file from the same person within the hour, not launched yet: a double click, or a second thought."""
    await db.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('premises file ' || :owner, 0))"), {"owner": str(owner_id)}
    )
    found = await db.execute(
        select(PremisesImport)
        .join(StoredFile, StoredFile.id == PremisesImport.file_id)
        .where(
            PremisesImport.owner_id == owner_id,
            PremisesImport.user_id == actor.user_id,
            PremisesImport.state.in_(("uploaded", "checking", "checked")),
            PremisesImport.created_at > clock.now() - timedelta(hours=1),
            StoredFile.sha256 == hashlib.sha256(content).digest(),
        )
        .order_by(PremisesImport.id.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def locked(db: AsyncSession, one: PremisesImport) -> PremisesImport:
    found = await db.execute(
        select(PremisesImport)
        .where(PremisesImport.id == one.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def choose(
    db: AsyncSession, actor: Actor, one: PremisesImport, *, mapping: Mapping[str, str], options: Mapping[str, Any], source: str, whole: bool,
) -> PremisesImport:  # fmt: skip
    """The columns and the choices of a person; the file is then looked at, and nothing is written."""
    POLICY.check(actor, "premises.import", one)
    fresh = await locked(db, one)
    if fresh.state in {"running", "done", "undone"}:
        raise Refused(_("Cet import est déjà lancé."), _("Déposez le fichier de nouveau pour en faire un autre."))
    fresh.mapping, fresh.options = dict(mapping), {**fresh.options, **options}
    fresh.source, fresh.whole = source, whole
    fresh.state, fresh.progress, fresh.seen_at, fresh.report = "checking", 0, clock.now(), {}
    await db.flush()
    return fresh


async def read_again(
    db: AsyncSession, actor: Actor, one: PremisesImport, *, encoding: str | None, separator: str | None
) -> None:
    """The guess was wrong: another encoding or separator, and the columns proposed anew."""
    POLICY.check(actor, "premises.import", one)
    fresh = await locked(db, one)
    if fresh.state in {"running", "done", "undone"}:
        raise Refused(_("Cet import est déjà lancé."), _("Déposez le fichier de nouveau pour en faire un autre."))
    stored = (await db.execute(select(StoredFile).where(StoredFile.id == fresh.file_id))).scalar_one()
    table = tables.read(await files.read(stored), encoding=encoding or "", separator=separator or "")
    fresh.options, fresh.mapping, fresh.state = (
        {**fresh.options, **table.details},
        mappings.propose(table.columns),
        "uploaded",
    )
    await db.flush()


async def resume(db: AsyncSession, actor: Actor, one: PremisesImport, *, silent: int) -> bool:
    """Whether the work may start again: it waits for a worker that has said nothing for `silent` seconds."""
    POLICY.check(actor, "premises.import", one)
    fresh = await locked(db, one)
    last = fresh.seen_at or fresh.created_at
    if fresh.state not in {"checking", "running"} or clock.now() - last < timedelta(seconds=silent):
        return False
    fresh.seen_at = clock.now()
    await db.flush()
    return True


async def launch(db: AsyncSession, actor: Actor, one: PremisesImport, *, whole: bool | None = None) -> bool:
    """From looked-at to running; False when somebody already did (a double click launches once)."""
    POLICY.check(actor, "premises.import", one)
    fresh = await locked(db, one)
    if fresh.state != "checked":
        return False
    if whole is not None:
        fresh.whole = whole
    if fresh.whole and fresh.report.get("refused"):
        raise Refused(
            _("Vous avez demandé tout ou rien, et %(n)s lignes sont refusées.", n=i18n.number(fresh.report["refused"])),
            _("Corrigez le fichier, ou importez sans ces lignes."),
        )
    fresh.state, fresh.progress, fresh.seen_at = "running", 0, clock.now()
    await db.flush()
    return True


async def failed(db: AsyncSession, import_id: int, sentence: str) -> None:
    """The work stopped: nothing of it is left but its reason."""
    one = (
        await db.execute(select(PremisesImport).where(PremisesImport.id == import_id).with_for_update())
    ).scalar_one()
    one.state, one.report = "failed", {"sentence": sentence}
    await db.flush()


async def undo(db: AsyncSession, actor: Actor, one: PremisesImport) -> dict[str, int]:
    """Premises as they were before the import. Refused once a lot of it serves in something else, or was edited by hand."""
    POLICY.check(actor, "premises.import", one)
    fresh = await locked(db, one)
    if fresh.state != "done":
        raise Refused(_("Cet import n’est pas terminé, ou il est déjà annulé."), _("Rechargez la page."))
    made = select(Premises.id).where(Premises.import_id == fresh.id)
    touched = made.union(select(ImportEffect.premises_id).where(ImportEffect.import_id == fresh.id)).subquery()
    await db.execute(select(Lot.id).where(Lot.premises_id.in_(select(touched.c.id))).order_by(Lot.id).with_for_update())
    if reasons := await _why_not(db, fresh, made):
        raise Refused(
            _("Cet import ne peut plus être annulé : %(why)s.", why="; ".join(reasons)),
            _("Retirez plutôt de la liste publique les locaux qui n’y ont pas leur place."),
        )
    counts = await writing.give_back(db, fresh.id)
    fresh.state, fresh.undone_at = "undone", clock.now()
    await db.flush()
    await journal.record(
        db, chain=f"organisation:{fresh.owner_id}", action="premises.undo_import", subject=f"import:{fresh.id}", facts=dict(counts),
        actor_id=actor.user_id, organisation_id=actor.current_id or fresh.owner_id,
    )  # fmt: skip
    return counts


async def _why_not(db: AsyncSession, one: PremisesImport, made: Select[int]) -> list[str]:
    reasons = await _used(db, one, made)
    edited = await db.execute(
        text(
            "SELECT count(DISTINCT j.subject) FROM journal_entries j WHERE j.chain = :chain AND j.at > :finished AND j.action <> ALL(:harmless) AND j.subject IN "
            "(SELECT 'premises:' || id FROM premises WHERE import_id = :import UNION SELECT 'premises:' || premises_id FROM premises_import_effects WHERE import_id = :import)"
        ),
        {
            "chain": f"organisation:{one.owner_id}",
            "finished": one.finished_at,
            "harmless": list(HARMLESS),
            "import": one.id,
        },
    )
    if n := edited.scalar_one():
        reasons.append(
            i18n.ngettext(
                "un local a été modifié à la main depuis", "%(n)s locaux ont été modifiés à la main depuis", n
            )
        )
    later = await db.execute(
        text(
            "SELECT count(DISTINCT e.premises_id) FROM premises_import_effects e WHERE e.import_id > :import AND e.premises_id IN "
            "(SELECT id FROM premises WHERE import_id = :import UNION SELECT premises_id FROM premises_import_effects WHERE import_id = :import)"
        ),
        {"import": one.id},
    )
    if n := later.scalar_one():
        reasons.append(
            i18n.ngettext(
                "un import plus récent a changé un de ses locaux",
                "un import plus récent a changé %(n)s de ses locaux",
                n,
            )
        )
    return reasons


async def _used(db: AsyncSession, one: PremisesImport, made: Select[int]) -> list[str]:
    """« Entrepôt nord sert dans un appel »: every table that points at a lot or a premises is asked, whatever room it is in."""
    added = select(ImportEffect.lot_id).where(
        ImportEffect.import_id == one.id, ImportEffect.before.is_(None), ImportEffect.lot_id.is_not(None)
    )
    lots = select(Lot.id).where(Lot.premises_id.in_(made)).union(added)
    reasons: list[str] = []
    for table, column, target in pointing():
        goal = lots if target == "lots" else made
        named = (
            select(Premises.name)
            .join(Lot, Lot.premises_id == Premises.id)
            .join(table, table.c[column] == (Lot.id if target == "lots" else Premises.id))
            .where(table.c[column].in_(goal))
            .distinct()
            .limit(3)
        )
        names = list((await db.execute(named)).scalars())
        if names:
            what = _(USES[table.name]) if table.name in USES else _("un autre dossier")
            reasons.append(_("« %(name)s » sert dans %(what)s", name=names[0], what=what))
    return list(dict.fromkeys(reasons))[:5]


def pointing() -> list[tuple[Table, str, str]]:
    """(table, column, « lots » or « premises ») for every reference from outside to what an import makes."""
    found = []
    for table in Base.metadata.sorted_tables:
        if table.name in OWN:
            continue
        for key in table.foreign_keys:
            if key.column.table.name in {"lots", "premises"}:
                found.append((table, key.parent.name, key.column.table.name))
    return found


async def count_of(db: AsyncSession, one: PremisesImport) -> int:
    """Premises of this import that are there today."""
    return (
        await db.execute(select(func.count()).select_from(Premises).where(Premises.import_id == one.id))
    ).scalar_one()
