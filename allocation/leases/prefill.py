"""A first draft of a title from what the call and the lot already say. The landlord corrects it before signing."""

from datetime import date, timedelta

from sqlalchemy.dialects.postgresql import Range

from allocation.assignment.models import Award
from allocation.leases.models import Condition, Lease
from allocation.leases.reading import yearly
from allocation.leases.titles import title
from calls import uses
from calls.models import Application, CallVersion
from intervalle.errors import Refused
from premises.facts import TitleCode
from premises.models import Lot, Premises

PROMISE = (
    "Le propriétaire s’engage à rechercher avec l’occupant, à partir de l’entretien sur les besoins, des locaux qui "
    "conviennent à son activité, de préférence dans le quartier, et à lui présenter au moins une proposition."
)
PROOF = "Relevé tenu par l’occupant, remis au bailleur avant l’échéance"


def draft_from(
    award: Award, lot: Lot, premises: Premises, application: Application, version: CallVersion, today: date,
    own_title: str | None = None,
) -> Lease:  # fmt: skip
    """The title as the call announced it (`own_title` when it gave this lot its own), on the lot and area given. Raises Refused when no day is common to both."""
    during = _days(version, lot, today)
    announced = own_title or version.title_code
    code = announced if announced in {t.value for t in TitleCode} else TitleCode.COP.value
    slots = list(award.slots or [])
    rent = (
        0 if version.charges_only or not lot.rent_cents_m2_year else yearly(lot.rent_cents_m2_year, award.area, slots)
    )
    return Lease(
        title=code, lot_id=lot.id, award_id=award.id, landlord_id=premises.owner_id, manager_id=premises.manager_id,
        tenant_id=award.organisation_id, during=during, area=award.area, slots=slots, rent_cents_year=rent,
        charges_cents_year=yearly(lot.charges_cents_m2_year or 0, award.area, slots),
        reference_rent_cents_m2_year=lot.reference_rent_cents_m2_year, reference_basis=None, reference_dated=None,
        circumstances=version.circumstances, circumstances_proof="", end_event=premises.end_event or "",
        use=_use(application), economic=version.economic, notice_months=_notice(code, during.lower or today),
        relocation_promise=PROMISE, justifications={}, legal_facts={}, extra_clauses={}, landlord_signatory="",
        tenant_signatory="", insurance="",
    )  # fmt: skip


def _days(version: CallVersion, lot: Lot, today: date) -> Range[date]:
    announced = Range(version.occupation_from or today, version.occupation_until)
    common = announced.intersection(lot.available)
    if common.isempty:
        raise Refused(
            "Les dates annoncées par l’appel et la disponibilité du lot n’ont aucun jour commun.",
            "Corrigez la disponibilité du lot, puis préparez le titre.",
        )
    return common


def _notice(code: str, on: date) -> int:
    return title(code).notice_months(on) or 3


def _use(application: Application) -> str:
    return " : ".join(
        part for part in (application.project_name, "; ".join(uses.labels(application.uses or []))) if part
    )


def conditions_from(version: CallVersion, lease: Lease) -> list[Condition]:
    """One condition per line of the call's counterparts, due on the last day unless the landlord says otherwise."""
    last = lease.during.upper - timedelta(days=1) if lease.during.upper else None
    lines = [line.strip(" -–•\t") for line in version.counterparts.splitlines()]
    return [
        Condition(lease_id=lease.id, label=line, due=last, proof=PROOF, kind="counterpart") for line in lines if line
    ]
