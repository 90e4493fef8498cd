"""`intervalle import premises FILE`: the same work as the pages, for whoever runs the machine. It speaks French."""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.actor import SYSTEM
from intervalle.accounts.models import OWNER_KINDS, Organisation
from premises.imports import mapping as mappings
from premises.imports import runs, work
from premises.models import PremisesImport

OBSERVATORY = "Observatoire des locaux et friches (données importées)"
SAID = 15


async def import_file(
    db: AsyncSession, path: Path, *, organisation: str | None, dry_run: bool, whole: bool = False
) -> list[str]:
    """What entered, what did not and why, in lines. Raises ValueError with a sentence."""
    owner = await _owner(db, organisation, create=not dry_run)
    one = await runs.bring(db, SYSTEM, owner_id=owner.id, name=path.name, content=path.read_bytes())
    if complaint := mappings.complaint(one.mapping):
        raise ValueError(f"{complaint} Colonnes du fichier : {', '.join(one.mapping) or 'aucune reconnue'}.")
    one.whole = whole
    found = await (work.examine(db, one) if dry_run else work.run(db, SYSTEM, one))
    lines = said(found, owner.name, one, dry_run=dry_run)
    if dry_run:
        await db.rollback()
    return lines


async def _owner(db: AsyncSession, wanted: str | None, *, create: bool) -> Organisation:
    owners = select(Organisation).where(Organisation.kind.in_(OWNER_KINDS))
    if wanted:
        number = int(wanted) if wanted.isdigit() and len(wanted) < 9 else None
        named = owners.where(
            (Organisation.id == number)
            | (Organisation.siren == wanted)
            | (func.plain_text(Organisation.name) == func.plain_text(wanted))
        )
        found = (await db.execute(named)).scalars().all()
        if len(found) != 1:
            raise ValueError(
                f"Aucun propriétaire unique ne s’appelle « {wanted} » : donnez son numéro, son SIREN ou son nom entier."
            )
        return found[0]
    everybody = (await db.execute(owners.limit(2))).scalars().all()
    if len(everybody) == 1:
        return everybody[0]
    kept = (await db.execute(owners.where(Organisation.name == OBSERVATORY))).scalar_one_or_none()
    if kept is None:
        kept = Organisation(kind="epci", name=OBSERVATORY)
        db.add(kept)
        await db.flush()
    return kept


def said(found: work.Look, owner: str, one: PremisesImport, *, dry_run: bool) -> list[str]:
    report: dict[str, Any] = found.report()
    kind = "CNIG Friches" if mappings.is_cnig(list(one.mapping)) else one.layout.upper()
    lines = [
        f"{'À blanc, rien n’est écrit' if dry_run else 'Import ' + str(one.id)} : {report['rows']} lignes ({kind}), pour {owner}.",
        f"  {report['enter']} lots {'entreraient' if dry_run else 'entrés'} dans {report['new_premises']} locaux ({report['area']:.0f} m²), "
        f"{report['change']} modifiés, {report['same']} inchangés, {report['refused']} lignes refusées.",
        f"  Position : {report['commune_only']} au centre de la commune, {report['nowhere']} sans point ; {report['in_qpv']} dans un QPV connu.",
    ]
    if report.get("entered") is False or (one.whole and report["refused"] and not dry_run):
        lines.append("  Tout ou rien : des lignes sont refusées, rien n’est entré.")
    if report["refused"]:
        lines.append("Refus par motif :")
        lines += [f"  {n:5} × {column} : {reason}" for column, reason, n in report["reasons"]]
        lines.append("Premières cases refusées :")
        lines += [f"  ligne {r.row}, {r.column} « {r.value} » : {r.reason}" for r in found.refusals[:SAID]]
    if report["swapped"]:
        lines.append(
            f"{report['swapped']} lignes ont latitude et longitude échangées : la page de l’import propose de les remettre dans l’ordre."
        )
    return lines
