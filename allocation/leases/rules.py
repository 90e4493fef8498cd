"""Every rule of an occupation title, and `judge`, which runs those that matter at the title's step. Pure.

A rule is a function from `Facts` to one verdict or none. Rules of a later step say nothing earlier: a draft is not
refused because the keys have not been handed over.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from allocation.leases import domain_rules, entry_rules, long_rules, short_rules
from allocation.leases.aid_rules import AID_RULES
from allocation.leases.facts import Facts, Step
from allocation.leases.long_rules import LONG_RULES
from allocation.leases.short_rules import SHORT_RULES
from intervalle.verdicts import Verdict, in_order

RuleFunction: TypeAlias = Callable[[Facts], Verdict | None]

RULES: Mapping[Step, tuple[RuleFunction, ...]] = {
    Step.DRAFT: (
        domain_rules.title_on_public_domain,
        domain_rules.public_title_elsewhere,
        domain_rules.selection_due,
        domain_rules.exemption_justified,
        domain_rules.publicity_only,
        domain_rules.spontaneous_proposal,
        domain_rules.no_competition_due,
        domain_rules.free_of_charge,
        domain_rules.real_rights_length,
        domain_rules.temporary_on_public_domain,
        domain_rules.outdoor_terrace,
        *SHORT_RULES,
        *LONG_RULES,
        *AID_RULES,
        entry_rules.public_safety,
    ),
    Step.SIGNATURE: (
        long_rules.authentic_deed,
        domain_rules.commune_decision,
        domain_rules.sent_to_prefect,
    ),
    Step.KEYS: (
        short_rules.signed_before_entry,
        entry_rules.keys_without_title,
        entry_rules.inspection_done,
        entry_rules.insurance_valid,
    ),
    Step.RUNNING: (
        short_rules.commercial_lease_born,
        short_rules.precarious_overdue,
        domain_rules.withdrawal_refund,
        entry_rules.notice_form,
        entry_rules.notice_content,
        entry_rules.notice_time,
    ),
}


def judge(facts: Facts) -> list[Verdict]:
    """Every verdict on this title at its step, gravest first."""
    rules = [rule for step, group in RULES.items() if step <= facts.step for rule in group]
    return in_order(verdict for rule in rules if (verdict := rule(facts)))
