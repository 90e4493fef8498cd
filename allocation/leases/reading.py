"""From a title's rows to what the pure rules look at (`facts.Facts`), and to the verdicts of a page.

`legal_facts` is a plain document: days as ISO text, amounts in cents, codes of the enumerations. A key that is absent
means « not known », which is what the rules refuse.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from allocation.leases import agreement, clauses
from allocation.leases.durations import Period
from allocation.leases.facts import (
    Act,
    ActKind,
    Aid,
    Earlier,
    Facts,
    FreeGround,
    Occupant,
    Step,
)
from allocation.leases.models import Lease
from allocation.leases.rules import judge
from allocation.leases.titles import title
from calls.legality import Procedure
from intervalle.accounts.models import Organisation
from intervalle.rounding import half_up
from intervalle.verdicts import Level, Verdict, in_order
from premises.facts import Authorised, Domain, Erp, OwnerKind, PublicUse, TitleCode
from premises.models import Lot, Premises
from premises.timeline import HALF_DAYS

PERSONS_OF_PUBLIC_LAW = frozenset({"city", "epci"})


@dataclass(frozen=True, slots=True)
class File:
    """A title with the rows it rests on."""

    lease: Lease
    lot: Lot
    premises: Premises
    landlord: Organisation
    tenant: Organisation
    use: PublicUse
    earlier: tuple[Lease, ...]


def occupant_of(organisation: Organisation) -> Occupant:
    """Legal kind of a tenant, from what the register of organisations says of it."""
    if organisation.kind in PERSONS_OF_PUBLIC_LAW:
        return Occupant.PUBLIC
    if organisation.ess_status in {"association", "foundation"} or organisation.rna:
        return Occupant.ASSOCIATION
    return Occupant.COOPERATIVE if organisation.ess_status == "cooperative" else Occupant.COMPANY


def reference_rent_cents(lease: Lease) -> int | None:
    """Reference rent of the area let, per year, rounded once; of the half-days let when the place is shared."""
    if lease.reference_rent_cents_m2_year is None:
        return None
    return yearly(lease.reference_rent_cents_m2_year, lease.area, lease.slots)


def yearly(cents_m2_year: int, area: Decimal, slots: Collection[int]) -> int:
    """Cents of a year for this area and these half-days of the week (none named: the whole week), rounded once."""
    return half_up(Fraction(cents_m2_year) * Fraction(area) * Fraction(len(slots) or HALF_DAYS, HALF_DAYS))


def facts_of(file: File, *, step: Step, today: date, keys_on: date | None = None) -> Facts:
    """What the rules know of this title, today, at this step."""
    lease, legal = file.lease, file.lease.legal_facts or {}
    start = lease.during.lower or today
    return Facts(
        title=TitleCode(lease.title),
        base=TitleCode(legal["base"]) if legal.get("base") else None,
        step=step,
        today=today,
        start=start,
        end=lease.during.upper,
        domain=Domain(file.premises.regime),
        owner=OwnerKind(file.landlord.kind),
        occupant=occupant_of(file.tenant),
        economic=lease.economic,
        registered=bool(legal.get("registered")),
        staff=legal.get("staff"),
        rent_cents=lease.rent_cents_year,
        reference_rent_cents=reference_rent_cents(lease),
        free_ground=FreeGround(legal["free_ground"]) if legal.get("free_ground") else None,
        free_decision=legal.get("free_decision", ""),
        aid=_aid(legal),
        procedure=Procedure.SELECTION if lease.award_id else Procedure.NONE,
        circumstance=lease.circumstances,
        evidence=bool(lease.circumstances_proof.strip()),
        new_circumstance=bool(legal.get("new_circumstance")),
        end_event_on=_day(legal.get("end_event_on")),
        voluntary_submission=bool(legal.get("voluntary_submission")),
        tacit_renewal=bool(legal.get("tacit_renewal")),
        deed_reference=legal.get("deed_reference", ""),
        act=_act(legal),
        delegation_reference=legal.get("delegation_reference", ""),
        earlier=tuple(_earlier(file)),
        signed_on=lease.signed_at.date() if lease.signed_at else None,
        keys_on=keys_on or lease.keys_handed_on,
        left_on=lease.ended_on,
        inspection_in_on=lease.inspected_in_on,
        insured_until=lease.insured_until,
        terrace=bool(legal.get("terrace")),
        use=file.use if legal.get("public") is None else replace(file.use, public=legal["public"]),
        authorised=Authorised([Erp(code) for code in file.lot.erp_types], file.lot.erp_category),
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _aid(legal: Mapping[str, Any]) -> Aid:
    return Aid(
        received_cents=int(legal.get("received_cents") or 0),
        sgei=bool(legal.get("sgei")),
        other_basis=legal.get("other_basis", ""),
        convention_reference=legal.get("convention_reference", ""),
        open_data_published=bool(legal.get("open_data_published")),
        republican_commitment=bool(legal.get("republican_commitment")),
    )


def _act(legal: Mapping[str, Any]) -> Act | None:
    if not legal.get("act_reference") or not legal.get("act_taken_on"):
        return None
    return Act(
        ActKind(legal.get("act_kind") or ActKind.DELIBERATION),
        legal["act_reference"],
        date.fromisoformat(legal["act_taken_on"]),
        _day(legal.get("act_sent_on")),
    )


def _earlier(file: File) -> Iterable[Earlier]:
    for other in file.earlier:
        end = other.ended_on or other.during.upper
        if other.id != file.lease.id and other.during.lower and end and other.during.lower < end:
            yield Earlier(TitleCode(other.title), Period(other.during.lower, end))


def present_clauses(lease: Lease, file: File) -> frozenset[str]:
    """Clauses the contract would carry if it were printed now: the model's own, and those written by hand."""
    written = {code for code, text in (lease.extra_clauses or {}).items() if text.strip()}
    return agreement.clauses_written(file.lease, file.landlord, file.tenant) | written


def missing_clauses(file: File, today: date) -> list[Verdict]:
    """Clauses and annexes the title must have, and does not have yet (rules.md 2.3)."""
    lease, legal = file.lease, file.lease.legal_facts or {}
    base = TitleCode(legal["base"]) if legal.get("base") else None
    wanted = clauses.required(TitleCode(lease.title), base)
    permit = _day(legal.get("permit_on"))
    annexes = clauses.annexes(TitleCode(lease.title), today, lease.area, permit)
    joined = frozenset(legal.get("annexes", ()))
    return [*clauses.missing(wanted, present_clauses(lease, file)), *clauses.missing(annexes, joined)]


def verdicts_at_signature(file: File, today: date) -> list[Verdict]:
    """Everything that stands between a draft and its signature, gravest first.

    OCC-16 names the missing circumstance or evidence already: the checklist does not say it a second time.
    """
    judged = judge(facts_of(file, step=Step.SIGNATURE, today=today))
    said = {"CLAUSE-circumstance", "CLAUSE-evidence"} if any(v.id == "OCC-16" for v in judged) else set()
    return in_order([*judged, *(v for v in missing_clauses(file, today) if v.id not in said)])


def verdicts_for_keys(file: File, today: date, keys_on: date) -> list[Verdict]:
    """What the rules say of handing the keys on that day (OCC-01, OCC-13, OCC-37, OCC-40 and the rest)."""
    return judge(facts_of(file, step=Step.KEYS, today=today, keys_on=keys_on))


def verdicts_in_life(file: File, today: date) -> list[Verdict]:
    """What the rules say of a signed title: alarms once the occupant is in."""
    step = Step.RUNNING if file.lease.keys_handed_on else Step.SIGNATURE
    return judge(facts_of(file, step=step, today=today))


def unjustified(verdicts: Iterable[Verdict], answers: Mapping[str, str]) -> list[Verdict]:
    """Warnings that have no written answer of ten characters at least."""
    return [v for v in verdicts if v.level is Level.WARN and len((answers.get(v.id) or "").strip()) < 10]


def model_lacks(code: str, base: str | None = None) -> list[clauses.Clause]:
    """Clauses of this title that the model text does not carry: the landlord writes them."""
    wanted = clauses.required(TitleCode(code), TitleCode(base) if base else None)
    own = agreement.MODEL_CLAUSES | agreement.MODEL_EXTRA.get(TitleCode(code), frozenset())
    return [clause for clause in wanted if clause.code not in own]


def catalogue_choices() -> list[tuple[str, str]]:
    return [(str(code), title(code).label) for code in TitleCode]
