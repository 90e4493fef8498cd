"""The territory of the demonstration: real communes and outlines, real QPV where we hold them, drawn ones elsewhere."""

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.settings import ROOT
from intervalle.territory import imports

DATA = ROOT / "data"


async def load(db: AsyncSession) -> None:
    """A few seconds; can be run again. Perimeters drawn by us are never official."""
    await imports.import_communes(db)
    for path in sorted((DATA / "communes").glob("*.geojson")):
        await imports.import_outlines(db, path)
    await imports.import_qpv(db, DATA / "qpv/qpv2015-occitanie.geojson", 2015)
    await imports.import_qpv(db, DATA / "qpv/qpv2024-QN00102M.geojson", 2024)
    await imports.import_qpv(
        db, DATA / "demo/perimetres.geojson", 2024, official=False, source="périmètre de démonstration"
    )
    await imports.import_addresses(db, DATA / "demo/adresses.csv", demo=True)
