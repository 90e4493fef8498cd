"""What the pages show of calls: each with its version in force, its lots, its organiser. Query count does not grow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import queries, sentences, workflow
from calls.lot_terms import LotTerms, terms_of
from calls.models import Call, CallLot, CallVersion, Criterion, Extension
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.i18n import N_, _, ngettext
from intervalle.territory.models import Commune, QpvPerimeter
from premises import hooks, timeline
from premises.facts import TitleCode
from premises.models import Lot, Premises
from premises.queries import occupancies_in
from premises.timeline import FROM_KIND, Bar, Span

KINDS = {
    "dated": N_("appel daté"), "rolling": N_("au fil de l’eau"), "recurring": N_("appel récurrent"),
    "direct": N_("attribution directe"),
}  # fmt: skip
TITLES_SHORT = {
    "COP": N_("occupation précaire"),
    "AOT": N_("occupation du domaine public"),
    "CONV_COMMUNALE": N_("mise à disposition communale"),
    "BAIL_DEROG": N_("bail dérogatoire"),
    "PRET_USAGE": N_("prêt à usage"),
    "BCUS": N_("bail d’utilité sociale"),
}


@dataclass
class Offer:
    """A lot as a call offers it."""

    row: CallLot
    lot: Lot
    premises: Premises
    commune: str = ""
    qpv: str = ""
    bar: Bar | None = None

    @property
    def terms(self) -> LotTerms:
        """What the call says of this lot alone."""
        return terms_of(self.row)

    @property
    def charges_year(self) -> int | None:
        """Charges for the whole lot, in cents a year."""
        rate = self.lot.charges_cents_m2_year
        return None if rate is None else int(rate * self.lot.area)

    @property
    def rent_year(self) -> int | None:
        rate = self.lot.rent_cents_m2_year
        return None if rate is None else int(rate * self.lot.area)


@dataclass
class Card:
    """A call as the list shows it."""

    call: Call
    version: CallVersion
    organiser: Organisation
    delegate: Organisation | None
    now: datetime
    offers: list[Offer] = field(default_factory=list)
    partners: list[Organisation] = field(default_factory=list)  # co-organisers
    beneficiary: Organisation | None = None  # of a direct award

    @property
    def state(self) -> str:
        return workflow.call_state(self.call, self.now)

    @property
    def look(self) -> str:
        return sentences.call_look(self.call, self.now)

    @property
    def label(self) -> str:
        if self.state == "open" and self.call.closes_at:
            return _("Appel ouvert, clôt dans %(left)s", left=left(self.call.closes_at, self.now))
        return sentences.call_label(self.call, self.now)

    @property
    def sentence(self) -> str:
        return sentences.call_sentence(self.call, self.now, self.version.decision_on)

    @property
    def organiser_sentence(self) -> str:
        sealed = not self.version.read_on_arrival
        return sentences.organiser_sentence(self.call, self.now, self.version.decision_on, sealed=sealed)

    @property
    def area(self) -> Decimal:
        return sum((offer.lot.area for offer in self.offers), Decimal())

    @property
    def places(self) -> list[str]:
        """Communes, each once, in the order of the lots."""
        return list(dict.fromkeys(offer.commune for offer in self.offers if offer.commune))

    @property
    def qpv(self) -> list[str]:
        """Priority neighbourhoods of the lots by name, by code where no perimeter is known."""
        return list(dict.fromkeys(o.qpv or o.premises.qpv_code for o in self.offers if o.premises.qpv_code))

    @property
    def title_short(self) -> str:
        code = self.version.title_code
        return _(TITLES_SHORT[code]) if code in TITLES_SHORT else TitleCode(code).label

    @property
    def charges(self) -> tuple[int, int] | None:
        """Lowest and highest charges among the lots, cents per m² and year."""
        rates = [o.lot.charges_cents_m2_year for o in self.offers if o.lot.charges_cents_m2_year is not None]
        return (min(rates), max(rates)) if rates else None

    @property
    def kind(self) -> str:
        return _(KINDS[self.call.kind])

    @property
    def price(self) -> str:
        """What occupants pay, in words: nothing at all, charges, or a rent too."""
        if not self.version.charges_only:
            return _("loyer et charges")
        return _("rien : ni loyer ni charges") if self.free else _("les charges seules")

    @property
    def free(self) -> bool:
        """No rent, and every lot says that it has no charges."""
        told = [o.lot.charges_cents_m2_year for o in self.offers]
        return bool(self.version.charges_only and told) and all(rate == 0 for rate in told)

    @property
    def months(self) -> str:
        """How long the place is offered, in words."""
        start, end = self.version.occupation_from, self.version.occupation_until
        if start is None or end is None:
            return ""
        whole = (end.year - start.year) * 12 + end.month - start.month + (1 if end.day - start.day > 15 else 0)
        return ngettext("%(n)s mois d’occupation", "%(n)s mois d’occupation", whole) if whole else ""

    @property
    def bar(self) -> Bar | None:
        """The call's own interval: open, then examined, then occupied; None before it has dates."""
        call, version = self.call, self.version
        if not call.opened_at or not call.closes_at or not version.occupation_from:
            return None
        opened, closing = (instant.astimezone(clock.PARIS).date() for instant in (call.opened_at, call.closes_at))
        entry = version.occupation_from
        decided = min(version.decision_on or entry, entry)
        spans = [
            Span("call", opened, closing, _("Candidatures")),
            Span("selection", closing, decided, _("Examen")),
            Span("awarded", decided, version.occupation_until, _("Occupation proposée")),
        ]
        kept = [span for span in spans if span.end is None or span.start < span.end]
        return timeline.bar((opened, version.occupation_until), kept, clock.today(), self.months)


def left(closing: datetime, now: datetime) -> str:
    """Time before closing as people count it: days, then hours, then minutes; never rounded up to weeks."""
    minutes = int((closing - now).total_seconds() // 60)
    if minutes >= 48 * 60:
        return ngettext("%(n)s jour", "%(n)s jours", minutes // (24 * 60))
    if minutes >= 120:
        return ngettext("%(n)s heure", "%(n)s heures", minutes // 60)
    return ngettext("%(n)s minute", "%(n)s minutes", max(minutes, 0))


@dataclass
class Detail:
    """What the page of one call shows beside its card."""

    card: Card
    criteria: list[Criterion]
    extensions: list[Extension]


async def cards(db: AsyncSession, calls: Sequence[Call]) -> list[Card]:
    """Three queries for any number of calls."""
    ids = [call.id for call in calls]
    versions = {v.call_id: v for v in (await db.execute(queries.current_versions(ids))).scalars()} if ids else {}
    named = await _organisations(
        db,
        [i for call in calls for i in (call.organiser_id, call.delegate_id, *call.co_organiser_ids) if i]
        + [v.beneficiary_id for v in versions.values() if v.beneficiary_id],
    )
    offers = await _offers(db, [version.id for version in versions.values()])
    now = clock.now()
    return [
        Card(
            call, versions[call.id], named[call.organiser_id], named.get(call.delegate_id or 0), now,
            offers.get(versions[call.id].id, []), [named[i] for i in call.co_organiser_ids if i in named],
            named.get(versions[call.id].beneficiary_id or 0),
        )
        for call in calls
    ]  # fmt: skip


async def _organisations(db: AsyncSession, ids: list[int]) -> dict[int, Organisation]:
    found = await db.execute(select(Organisation).where(Organisation.id.in_(ids)))
    return {org.id: org for org in found.scalars()}


async def _offers(db: AsyncSession, version_ids: list[int]) -> dict[int, list[Offer]]:
    query = queries.lots_of_versions(version_ids).add_columns(Commune.name, QpvPerimeter.name)
    rows = await db.execute(
        query.outerjoin(Commune, Commune.code == Premises.commune_code).outerjoin(
            QpvPerimeter,
            and_(QpvPerimeter.code == Premises.qpv_code, QpvPerimeter.vintage == Premises.qpv_vintage),
        )
    )
    offers: dict[int, list[Offer]] = {}
    for row, lot, premises, commune, qpv in rows:
        offers.setdefault(row.version_id, []).append(Offer(row, lot, premises, commune or "", qpv or ""))
    return offers


async def draw_bars(db: AsyncSession, offers: Sequence[Offer]) -> None:
    """The interval bar of each lot: what occupies it, and what calls offer."""
    lot_ids = [offer.lot.id for offer in offers]
    extra = await hooks.extra_spans(db, lot_ids)
    for occupancy in (await db.execute(occupancies_in(lot_ids))).scalars():
        if occupancy.during.lower:
            span = Span(FROM_KIND[occupancy.kind], occupancy.during.lower, occupancy.during.upper, occupancy.label)
            extra.setdefault(occupancy.lot_id, []).append(span)
    for offer in offers:
        window = (offer.lot.available.lower, offer.lot.available.upper)
        offer.bar = timeline.bar(window, extra.get(offer.lot.id, []), clock.today(), offer.premises.end_event or "")


async def detail(db: AsyncSession, call: Call) -> Detail:
    """The page of one call."""
    (card,) = await cards(db, [call])
    await draw_bars(db, card.offers)
    criteria = list((await db.execute(queries.criteria_of(card.version.id))).scalars())
    extensions = list((await db.execute(queries.extensions_of(call.id))).scalars())
    return Detail(card, criteria, extensions)
