"""Rows of needs and lots as the plain values that the rules of `matching.py` and `pairing.py` read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calls.matching import Busy, Offered, Wanted

if TYPE_CHECKING:
    from calls.need_models import Need
    from premises.models import Lot, Premises


def facts_of(need: Need) -> Wanted:
    return Wanted(
        area_min=need.area_min, area_max=need.area_max, communes=need.commune_codes, must_stay_in_qpv=need.must_stay_in_qpv,
        ground_floor=need.ground_floor, step_free=need.step_free, erp_types=need.erp_types, budget=need.budget_cents_month,
        wanted_from=need.wanted_from, wanted_until=need.wanted_until, sharing=need.sharing, qpvs=need.qpv_codes,
        sector=need.sector_m2 is not None, slots=need.slots,
    )  # fmt: skip


def offer_of(lot: Lot, premises: Premises, busy: Sequence[Busy] = ()) -> Offered:
    return Offered(
        area=lot.area, min_area=lot.min_area, divisible=lot.divisible, shareable=lot.shareable, commune=premises.commune_code,
        qpv=premises.qpv_code, floor=lot.floor, step_free=lot.step_free, erp_types=lot.erp_types,
        charges=lot.charges_cents_m2_year, rent=lot.rent_cents_m2_year, available_from=lot.available.lower,
        available_until=lot.available.upper, busy=busy,
    )  # fmt: skip
