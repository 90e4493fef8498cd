"""What the pages show: a card in the list, a lot with its bar. Built with a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, i18n
from intervalle.accounts.models import Organisation
from intervalle.i18n import N_, _, ngettext
from intervalle.territory.models import Commune, QpvPerimeter
from premises import confirmations, hooks, occupancies, placing, queries, timeline
from premises.facts import TitleCode, Utility
from premises.models import Lot, Occupancy, Photo, Premises


@dataclass(frozen=True)
class LotView:
    lot: Lot
    state: str
    label: str
    bar: timeline.Bar
    titles: str

    @property
    def utilities(self) -> str:
        return ", ".join(_(Utility(u).label).lower() for u in self.lot.utilities if u in set(Utility))


@dataclass(frozen=True)
class PremisesView:
    premises: Premises
    lots: list[LotView]
    photos: list[Photo]
    owner: str
    commune: str
    qpv_name: str
    qpv_official: bool
    lon: float | None
    lat: float | None

    @property
    def stale(self) -> bool:
        """Nobody confirmed the page for six months."""
        return confirmations.is_stale(self.premises, clock.now())

    @property
    def unsure(self) -> bool:
        """Nobody looked at a position that was found with doubt."""
        return self.premises.position_source is not None and placing.uncertain(self.premises)

    @property
    def address(self) -> str:
        """Where it is, in words; for a masked owner no nearer than the commune."""
        precise = [] if self.premises.owner_masked else [self.premises.address]
        return ", ".join(part for part in [*precise, f"{self.premises.postcode} {self.commune}".strip()] if part)

    @property
    def state(self) -> str:
        """The most telling state of the lots: an open call first, then what can be asked for."""
        states = {v.state for v in self.lots}
        return next((s for s in ("call", "selection", "awarded", "vacant", "occupied", "works") if s in states), "none")

    @property
    def label(self) -> str:
        return next((v.label for v in self.lots if v.state == self.state), _(timeline.LABELS["none"]))

    @property
    def area(self) -> Decimal:
        return sum((v.lot.area for v in self.lots), Decimal(0))

    @property
    def main(self) -> LotView | None:
        """The lot whose bar stands on the card."""
        return next((v for v in self.lots if v.state == self.state), None)


def money_m2(values: Sequence[int | None]) -> str:
    """« 38 €/m²/an », « de 20 à 38 €/m²/an », « gratuit »; empty when nobody said."""
    known = sorted({v for v in values if v is not None})
    if not known:
        return ""
    if known == [0]:
        return _("gratuit")
    if len(known) == 1:
        return _("%(amount)s/m²/an", amount=i18n.money(known[0]))
    return _("de %(low)s à %(high)s/m²/an", low=i18n.money(known[0]), high=i18n.money(known[-1]))


def lot_view(
    lot: Lot, uses: Sequence[Occupancy], extra: Sequence[timeline.Span], today: date, end_event: str,
    window: tuple[date, date] | None = None,
) -> LotView:  # fmt: skip
    spans = [occupancies.span_of(o, lot, today) for o in uses] + list(extra)
    available = (lot.available.lower, lot.available.upper)
    state = timeline.state_on(today, spans, available)
    drawn = timeline.bar(available, spans, today, _middle(lot, end_event), window)
    return LotView(lot, state, _label(lot, state, spans, today), drawn, titles_of(lot))


def _label(lot: Lot, state: str, spans: Sequence[timeline.Span], today: date) -> str:
    """The state in words, with the date a reader would ask for next."""
    label = _(timeline.LABELS[state])
    if state in {"occupied", "awarded", "works"} and (free := timeline.free_from(today, spans)):
        return _("%(state)s, libre en %(month)s", state=label, month=i18n.day(free, "month"))
    if state == "call":
        ends = [s.end for s in spans if s.state == "call" and s.covers(today) and s.end]
        days = (min(ends, default=today) - today).days - 1
        return (
            _("Appel ouvert, clôt aujourd’hui")
            if days < 1
            else ngettext("Appel ouvert, clôt demain", "Appel ouvert, clôt dans %(n)s jours", days)
        )
    if state == "vacant" and (taken := timeline.taken(today, spans)):
        return _("En partie libre, %(share)s occupés", share=i18n.percent(float(taken)))
    return label


# On a card there is room for two or three words.
SHORT_TITLES = {
    "COP": N_("occupation précaire"),
    "BAIL_DEROG": N_("bail dérogatoire"),
    "BAIL_CIVIL": N_("bail civil"),
    "BAIL_COM": N_("bail commercial"),
    "BCUS": N_("BCUS"),
    "PRET_USAGE": N_("prêt à usage"),
    "CONV_COMMUNALE": N_("convention communale"),
    "AOT": N_("AOT"),
    "BAIL_EMPH": N_("bail emphytéotique"),
}


def titles_of(lot: Lot) -> str:
    """« occupation précaire ou prêt à usage »."""
    known = [_(SHORT_TITLES.get(t) or TitleCode(t).label.lower()) for t in lot.titles if t in set(TitleCode)]
    return _(" ou ").join(known)


def _middle(lot: Lot, end_event: str) -> str:
    if not lot.available.lower or not lot.available.upper:
        return end_event
    months = max(1, round((lot.available.upper - lot.available.lower).days / 30.44))
    length = ngettext("%(n)s mois", "%(n)s mois", months)
    return _("%(length)s, %(event)s", length=length, event=end_event) if end_event else length


def day_asked(typed: str) -> date:
    """The day in an address (`le=2026-03-01`); today when nothing readable was asked."""
    try:
        asked = date.fromisoformat(typed)
    except ValueError:
        return clock.today()
    return asked if 1950 <= asked.year <= 2150 else clock.today()


async def views(
    db: AsyncSession, rows: Sequence[Premises], on: date | None = None, *, with_photos: bool = True
) -> list[PremisesView]:
    """Cards for these premises as they are on a day, in their order: six queries at most, whatever their number."""
    if not rows:
        return []
    ids = [p.id for p in rows]
    lots = list((await db.execute(queries.lots_in(ids))).scalars())
    lot_ids = [lot.id for lot in lots]
    by_lot: dict[int, list[Occupancy]] = {}
    for occupancy in (await db.execute(queries.occupancies_in(lot_ids))).scalars():
        by_lot.setdefault(occupancy.lot_id, []).append(occupancy)
    extra = await hooks.extra_spans(db, lot_ids)
    photos: dict[int, list[Photo]] = {}
    if with_photos:
        for photo in (await db.execute(queries.photos_of(ids))).scalars():
            photos.setdefault(photo.premises_id, []).append(photo)
    around = {row.id: row for row in await db.execute(_around(ids))}
    today = on or clock.today()

    def one(p: Premises) -> PremisesView:
        shown = [
            lot_view(lot, by_lot.get(lot.id, []), extra.get(lot.id, []), today, p.end_event or "")
            for lot in lots
            if lot.premises_id == p.id
        ]
        beside = around[p.id]
        return PremisesView(
            p, shown, photos.get(p.id, []), beside.owner or "", beside.commune or "", beside.qpv or p.qpv_code or "",
            beside.official is not False, beside.lon, beside.lat,
        )  # fmt: skip

    return [one(p) for p in rows]


def _around(premises_ids: Sequence[int]) -> Select[Any]:
    """Names beside each of these, and where it is shown; a masked owner's name is not among them."""
    point = queries.shown_point()
    return (
        select(
            Premises.id, Organisation.name.label("owner"), Commune.name.label("commune"), QpvPerimeter.name.label("qpv"),
            QpvPerimeter.official, func.ST_X(point).label("lon"), func.ST_Y(point).label("lat"),
        )
        .outerjoin(Organisation, and_(Organisation.id == Premises.owner_id, Premises.owner_masked.is_(False)))
        .outerjoin(Commune, Commune.code == Premises.commune_code)
        .outerjoin(
            QpvPerimeter,
            and_(QpvPerimeter.code == Premises.qpv_code, QpvPerimeter.vintage == func.coalesce(Premises.qpv_vintage, 0)),
        )
        .where(Premises.id.in_(list(premises_ids)))
    )  # fmt: skip
