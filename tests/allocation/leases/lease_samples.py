"""A quiet title that no rule refuses, so that each test changes only what it is about."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from allocation.leases.durations import add_months
from allocation.leases.facts import (
    Act,
    ActKind,
    Facts,
    Occupant,
    Step,
)  # fmt: skip
from allocation.leases.rules import judge
from intervalle.verdicts import Level
from premises.facts import Domain, OwnerKind, TitleCode

START = date(2026, 3, 1)
ONE_DAY = timedelta(days=1)

QUIET = Facts(
    title=TitleCode.COP,
    step=Step.SIGNATURE,
    today=date(2026, 2, 1),
    start=START,
    end=date(2028, 3, 1),
    domain=Domain.PRIVATE,
    owner=OwnerKind.SOCIAL_LANDLORD,
    occupant=Occupant.ASSOCIATION,
    economic=False,
    rent_cents=100_000,
    reference_rent_cents=900_000,
    circumstance="Démolition prévue au printemps 2028",
    evidence=True,
)


def case(**changes: Any) -> Facts:
    return replace(QUIET, **changes)


def lease(code: TitleCode, months: int, days: int = 0, **changes: Any) -> Facts:
    return case(title=code, end=add_months(START, months) + timedelta(days=days), deed_reference="Acte 12", **changes)


def levels(facts: Facts, rule: str) -> list[Level]:
    return [verdict.level for verdict in judge(facts) if verdict.id == rule]


def says(facts: Facts, rule: str) -> str:
    return " ".join(verdict.message_fr + verdict.way_out_fr for verdict in judge(facts) if verdict.id == rule)


COUNCIL = Act(ActKind.DELIBERATION, "2026-31", date(2026, 1, 20), date(2026, 1, 22))
