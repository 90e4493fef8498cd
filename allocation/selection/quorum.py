"""May the panel rank this lot's files? AMI-07: a majority, three voters, one of them outside the owner. Pure.

Recused members neither vote nor count among those who could: the majority is that of the members entitled to vote on
this lot. Colleges may have a minimum of their own, as the call says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from intervalle import parameters
from intervalle.french import plural
from intervalle.verdicts import Rule, Source, Verdict

AMI_07 = Rule("AMI-07", "Quorum de la commission", "Règlement de la consultation", Source.PRODUCT)


@dataclass(frozen=True, slots=True)
class Member:
    """One seat of the panel, for one lot. `voted` means the member's own scores are in."""

    name: str
    college: str
    from_owner: bool = False
    voting: bool = True
    recused: bool = False
    voted: bool = False

    @property
    def entitled(self) -> bool:
        return self.voting and not self.recused


@dataclass(frozen=True, slots=True)
class QuorumRule:
    """Thresholds of the call. `majority` is a share that has to be exceeded; `per_college` a number of voters."""

    min_voters: int
    min_outside_owner: int
    majority: Fraction = Fraction(1, 2)
    per_college: Mapping[str, int] = field(default_factory=dict)


def default_rule(
    on: date, min_voters: int | None = None, per_college: Mapping[str, int] | None = None
) -> QuorumRule:  # fmt: skip
    """The product's defaults; a call may ask for more voters, and for some of each college."""
    return QuorumRule(
        min_voters=min_voters if min_voters is not None else parameters.whole("panel.min_voters", on),
        min_outside_owner=parameters.whole("panel.min_outside_owner", on), per_college=per_college or {},
    )  # fmt: skip


def quorum(members: Sequence[Member], rule: QuorumRule) -> list[Verdict]:
    """What is missing, one verdict each; empty when the panel may rank."""
    entitled = [member for member in members if member.entitled]
    voters = [member for member in entitled if member.voted]
    return [
        *_enough_voters(len(voters), rule),
        *_majority(len(voters), len(entitled), rule),
        *_outside_owner(voters, rule),
        *_colleges(voters, rule),
    ]


def _enough_voters(voters: int, rule: QuorumRule) -> list[Verdict]:
    if voters >= rule.min_voters:
        return []
    return [
        AMI_07.block(
            f"{plural(voters, 'vote', 'votes')} pour {rule.min_voters} nécessaires.",
            "Attendez les notes manquantes, ou convoquez des suppléants.",
        )
    ]


def _majority(voters: int, entitled: int, rule: QuorumRule) -> list[Verdict]:
    if entitled == 0 or voters > rule.majority * entitled:
        return []
    return [
        AMI_07.block(
            f"{plural(voters, 'vote', 'votes')} sur {plural(entitled, 'membre pouvant voter', 'membres pouvant voter')} : "
            "la majorité n’est pas atteinte.",
            "Attendez les notes manquantes, ou reportez la séance.",
        )
    ]


def _outside_owner(voters: Sequence[Member], rule: QuorumRule) -> list[Verdict]:
    outside = sum(not member.from_owner for member in voters)
    if outside >= rule.min_outside_owner:
        return []
    return [
        AMI_07.block(
            "Aucun votant n’est extérieur au propriétaire."
            if outside == 0
            else f"Il faut {rule.min_outside_owner} votants extérieurs au propriétaire.",
            "Faites siéger un membre extérieur (ville, habitants, expert).",
        )
    ]


def _colleges(voters: Sequence[Member], rule: QuorumRule) -> list[Verdict]:
    found = []
    for college, least in sorted(rule.per_college.items()):
        present = sum(member.college == college for member in voters)
        if present < least:
            found.append(
                AMI_07.block(
                    f"Collège « {college} » : {plural(present, 'vote', 'votes')} pour {least} nécessaires.",
                    "Attendez les notes de ce collège, ou faites siéger un suppléant.",
                )
            )
    return found
