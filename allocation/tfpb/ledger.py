"""The yearly account of a programme, computed from its lines: totals per axis, ratio, what the rules say. No query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from allocation.tfpb import eligibility, programme_rules, valuation
from allocation.tfpb.axes import AXES, Axis
from allocation.tfpb.models import TfpbAction, TfpbAgreement, TfpbLine, TfpbProgramme
from intervalle.accounts.models import Organisation
from intervalle.territory.models import QpvPerimeter
from intervalle.verdicts import Verdict, in_order
from premises.facts import OwnerKind


@dataclass(frozen=True, slots=True)
class ActionAccount:
    """One action with its live lines, in the order they were written, and those that were replaced."""

    action: TfpbAction
    lines: list[TfpbLine]
    former: list[TfpbLine]

    @property
    def valued_cents(self) -> int:
        return sum(line.amount_cents for line in self.lines)

    @property
    def spent_cents(self) -> int:
        return sum(line.spent_cents or line.amount_cents for line in self.lines)

    @property
    def other_cents(self) -> int:
        return sum(line.other_cents for line in self.lines)


@dataclass(frozen=True, slots=True)
class AxisAccount:
    axis: Axis
    actions: list[ActionAccount]

    @property
    def valued_cents(self) -> int:
        return sum(action.valued_cents for action in self.actions)


@dataclass(frozen=True, slots=True)
class Account:
    """One QPV and year. `abatement_cents` is the notified amount when it is known, the estimate otherwise."""

    agreement: TfpbAgreement
    landlord: Organisation
    perimeter: QpvPerimeter | None
    programme: TfpbProgramme
    axes: list[AxisAccount]
    estimate: valuation.Amount | None
    verdicts: list[Verdict]

    @property
    def abatement_cents(self) -> int:
        if self.programme.notified_cents is not None:
            return self.programme.notified_cents
        return self.estimate.cents if self.estimate else 0

    @property
    def valued_cents(self) -> int:
        return sum(axis.valued_cents for axis in self.axes)

    @property
    def ratio(self) -> Decimal | None:
        return programme_rules.valued_ratio(self.valued_cents, self.abatement_cents)

    @property
    def place(self) -> str:
        name = f" {self.perimeter.name}" if self.perimeter else ""
        return f"{self.agreement.qpv_code}{name}"


def estimate_of(agreement: TfpbAgreement, programme: TfpbProgramme) -> valuation.Amount | None:
    """CGI 1388 and 1388 bis on the dwellings of the agreement; None while a figure is missing."""
    if programme.rental_value_cents is None or programme.tax_rate is None or not agreement.dwellings:
        return None
    return valuation.estimate_abatement(
        programme.rental_value_cents, programme.tax_rate, programme.year, agreement.dwellings
    )


def account_of(
    agreement: TfpbAgreement, landlord: Organisation, perimeter: QpvPerimeter | None, programme: TfpbProgramme,
    actions: Sequence[TfpbAction], lines: Sequence[TfpbLine], today: date,
) -> Account:  # fmt: skip
    """Put the lines in their actions and axes; a superseded line stays readable and counts for nothing."""
    accounts = [
        ActionAccount(
            action,
            [line for line in lines if line.action_id == action.id and line.superseded_at is None],
            [line for line in lines if line.action_id == action.id and line.superseded_at is not None],
        )
        for action in actions
    ]
    axes = [
        AxisAccount(axis, [one for one in accounts if one.action.axis == code])
        for code, axis in AXES.items()
        if any(one.action.axis == code for one in accounts)
    ]
    estimate = estimate_of(agreement, programme)
    bare = Account(agreement, landlord, perimeter, programme, axes, estimate, [])
    return Account(agreement, landlord, perimeter, programme, axes, estimate, _verdicts(bare, today))


def _verdicts(account: Account, today: date) -> list[Verdict]:
    agreement, programme = account.agreement, account.programme
    facts = eligibility.AbatementFacts(
        year=programme.year, in_qpv=True, owner=OwnerKind(account.landlord.kind),
        contract_signed_on=agreement.contract_signed_on, agreement_signed_on=agreement.signed_on,
        exemption_ended_on=agreement.exemption_ended_on, declared_on=programme.declared_on, today=today,
    )  # fmt: skip
    abatement = account.abatement_cents
    found = [
        programme_rules.ratio_explained(account.valued_cents, abatement, programme.comment, programme.year),
        valuation.plausible(abatement, agreement.dwellings, programme.year)
        if abatement and agreement.dwellings
        else None,
        eligibility.account_sent(programme.year, programme.account_sent_on, today)
        if today.year > programme.year
        else None,
    ]
    return in_order([*eligibility.judge_abatement(facts), *(verdict for verdict in found if verdict)])
