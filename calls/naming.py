"""Organisations typed by people: by SIREN, SIRET or exact name, one per line."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.forms import CallForm
from calls.models import Call, CallVersion
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import ORGANISERS
from intervalle.i18n import _


async def named(db: AsyncSession, ids: Iterable[int | None]) -> dict[int, str]:
    """Names by id."""
    wanted = [i for i in ids if i]
    if not wanted:
        return {}
    found = await db.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted)))
    return {row.id: row.name for row in found}


async def one(db: AsyncSession, typed: str, kinds: tuple[str, ...]) -> int | None:
    """The one organisation of these kinds so named; None when there is none, or several."""
    digits = "".join(c for c in typed if c.isdigit())
    by = Organisation.siren == digits[:9] if len(digits) in {9, 14} else Organisation.name.ilike(_plain(typed))
    found = await db.execute(select(Organisation.id).where(or_(by), Organisation.kind.in_(kinds)).limit(2))
    ids = list(found.scalars())
    return ids[0] if len(ids) == 1 else None


def _plain(typed: str) -> str:
    return typed.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def filled(db: AsyncSession, call: Call, version: CallVersion) -> CallForm:
    """The form with the organisations it names."""
    names = await named(db, [*call.co_organiser_ids, version.beneficiary_id])
    return CallForm.of(call, version, names)


async def look_up(db: AsyncSession, call: Call, form: CallForm) -> dict[str, object]:
    """The organisations typed in the form as ids; what cannot be found is said beside its field."""
    co: list[int] = []
    for line in (form.co_organisers.data or "").splitlines():
        if not line.strip():
            continue
        found = await one(db, line, ORGANISERS)
        if found is None or found == call.organiser_id:
            form.add_error(
                "co_organisers", _("Aucun autre organisateur inscrit ne s’appelle « %(typed)s ».", typed=line[:80])
            )
        elif found not in co:
            co.append(found)
    beneficiary = None
    if form.beneficiary.data:
        beneficiary = await one(db, form.beneficiary.data, ("ess_structure",))
        if beneficiary is None:
            form.add_error(
                "beneficiary",
                _("Aucune structure inscrite ne correspond à « %(typed)s ».", typed=form.beneficiary.data[:80]),
            )
    return {"co_organiser_ids": co, "beneficiary_id": beneficiary}
