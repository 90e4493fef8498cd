"""Where a need looks: communes, priority neighbourhoods, a circle round an address, a sector drawn on the map.

All four can be given, and are then added to one another; none means anywhere. What is drawn is an improvement: the same
can be said by naming places.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from calls.need_forms import NeedForm
from calls.need_models import Need
from intervalle import clock
from intervalle.i18n import _, area, number
from intervalle.territory import geocoding
from intervalle.territory.communes import MOST, commune_names, read_communes
from intervalle.territory.models import Commune, QpvPerimeter
from premises import outlines

LEAST_M2, LARGEST_M2 = 10_000, 20_000_000_000  # a hectare: less would point at a door; a department and a half

CIRCLE = text("SELECT ST_Multi(ST_Buffer(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :metres)::geometry)")
DRAWN = text("SELECT ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_SetSRID(ST_GeomFromGeoJSON(:shape), 4326)), 3))")


async def read(db: AsyncSession, form: NeedForm) -> dict[str, Any]:
    """The columns of a need that say where; what is not understood is an error of the form, in its field."""
    codes, unknown = await read_communes(db, form.communes.data or "")
    if unknown:
        names = ", ".join(unknown)
        form.add_error("communes", _("Nous ne reconnaissons pas : %(names)s. Donnez leur code Insee.", names=names))
    quarters, lost = await read_quarters(db, form.quarters.data or "")
    if lost:
        names = ", ".join(lost)
        form.add_error("quarters", _("Nous ne reconnaissons pas, ou plusieurs quartiers portent ce nom : %(names)s. Donnez leur code (QN…).", names=names))  # fmt: skip
    shape = await _shape(db, form)
    size = await _size(db, form, shape)
    kept = WKBElement(shape, srid=4326, extended=True) if shape is not None else None
    return {
        "commune_codes": codes, "qpv_codes": quarters, "sector": kept, "sector_m2": size,
        "around": form.around.data or "" if shape is not None else "", "around_m": form.around_m.data if shape is not None and form.around.data else None,
        "near_codes": await _touched(db, quarters, shape, codes),
    }  # fmt: skip


async def read_quarters(db: AsyncSession, typed: str) -> tuple[list[str], list[str]]:
    """(codes of today's perimeters, words that name none or several)."""
    codes: list[str] = []
    lost: list[str] = []
    for part in [part.strip() for part in re.split(r"[,;\n]", typed) if part.strip()][:MOST]:
        is_code = re.fullmatch(r"Q[PN]\w{5,8}", part.upper())
        by = QpvPerimeter.code == part.upper() if is_code else func.plain_text(QpvPerimeter.name) == func.plain_text(part)  # fmt: skip
        rows = await db.execute(
            select(QpvPerimeter.code).where(by, QpvPerimeter.during.contains(clock.today())).distinct().limit(2)
        )
        found = list(rows.scalars())
        codes.extend(found if len(found) == 1 else [])
        if len(found) != 1:
            lost.append(part)
    return list(dict.fromkeys(codes)), lost


async def _shape(db: AsyncSession, form: NeedForm) -> Any | None:
    if form.errors_in_order:
        return None
    if form.around.data and form.around_m.data:
        found = await geocoding.geocode(db, form.around.data)
        if found is None:
            form.add_error(
                "around", _("Nous ne trouvons pas cette adresse. Ajoutez la commune, ou nommez des communes.")
            )
            return None
        values: dict[str, Any] = {"lon": found.lon, "lat": found.lat, "metres": form.around_m.data}
        return (await db.execute(CIRCLE, values)).scalar_one()
    if not form.sector.data:
        return None
    try:
        shape = outlines.read(form.sector.data)
    except ValueError as sentence:
        form.add_error("sector", str(sentence))
        return None
    return (await db.execute(DRAWN, {"shape": shape})).scalar_one()


async def _size(db: AsyncSession, form: NeedForm, shape: Any | None) -> int | None:
    if shape is None:
        return None
    found = (
        await db.execute(text("SELECT ST_Area(CAST(:shape AS geometry)::geography)"), {"shape": shape})
    ).scalar_one()
    if not found or not LEAST_M2 <= found <= LARGEST_M2:
        form.add_error("sector", _("Ce secteur est trop petit ou trop grand : dessinez un quartier, une ville ou un bassin de vie."))  # fmt: skip
    return round(found or 0)


async def _touched(db: AsyncSession, quarters: Sequence[str], shape: Any | None, named: Sequence[str]) -> list[str]:
    """Communes of these neighbourhoods and of this sector, as far as they are known, beyond those named."""
    rows = await db.execute(
        select(QpvPerimeter.communes).where(QpvPerimeter.code.in_(list(quarters)), QpvPerimeter.during.contains(clock.today()))
    )  # fmt: skip
    found = {code for listed in rows.scalars() for code in listed.split()}
    if shape is not None:
        inside = select(Commune.code).where(func.ST_Intersects(Commune.outline, text("CAST(:shape AS geometry)")))
        found |= set((await db.execute(inside, {"shape": shape})).scalars())
    return sorted(found - set(named))


async def quarter_names(db: AsyncSession, codes: Sequence[str]) -> dict[str, str]:
    rows = await db.execute(
        select(QpvPerimeter.code, QpvPerimeter.name)
        .where(QpvPerimeter.code.in_(list(codes)))
        .order_by(QpvPerimeter.vintage)
    )
    return {row.code: row.name for row in rows}


async def words(db: AsyncSession, needs: Sequence[Need], *, own: bool = True) -> dict[int, str]:
    """Where each need looks, in words. Two queries. To others than its structure an address says no more than its
    commune: it may be theirs."""
    communes = await commune_names(db, [code for need in needs for code in (*need.commune_codes, *need.near_codes)])
    quarters = await quarter_names(db, [code for need in needs for code in need.qpv_codes])
    return {need.id: ", ".join(_parts(need, communes, quarters, own)) or _("partout") for need in needs}


def _parts(need: Need, communes: dict[str, str], quarters: dict[str, str], own: bool) -> list[str]:
    parts = [communes.get(code, code) for code in need.commune_codes]
    parts += [_("quartier %(name)s", name=quarters.get(code, code)) for code in need.qpv_codes]
    near = ", ".join(communes.get(code, code) for code in need.near_codes[:3])
    if need.around and not own:
        parts.append(_("à moins de %(metres)s m d’une adresse de %(town)s", metres=number(need.around_m or 0), town=near) if near else _("à moins de %(metres)s m d’une adresse", metres=number(need.around_m or 0)))  # fmt: skip
    elif need.around:
        parts.append(
            _("à moins de %(metres)s m de %(address)s", metres=number(need.around_m or 0), address=need.around)
        )
    elif need.sector_m2:
        hectares = Decimal(need.sector_m2) / 10_000
        parts.append(_("un secteur dessiné de %(size)s", size=f"{number(round(hectares))} ha" if hectares >= 1 else area(Decimal(need.sector_m2))))  # fmt: skip
    return parts


async def typed(db: AsyncSession, need: Need) -> dict[str, Any]:
    """What stands in the form's fields when a need is taken up again."""
    drawn = select(func.ST_AsGeoJSON(Need.sector, 6)).where(Need.id == need.id, Need.around == "")
    names = await commune_names(db, need.commune_codes)
    return {
        "communes": ", ".join(names.get(code, code) for code in need.commune_codes),
        "quarters": ", ".join(need.qpv_codes), "around": need.around, "around_m": need.around_m,
        "sector": (await db.execute(drawn)).scalar_one_or_none() or "",
    }  # fmt: skip
