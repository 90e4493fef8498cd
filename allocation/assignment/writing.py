"""Write problems and numbers in the exchange format's one spelling."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allocation.assignment.problem import Application, Problem, Quota, TieBreak

HUNDRED = 100
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def decimal(hundredths: int) -> str:
    """Hundredths as the shortest decimal string: 7000 → "70", 7940 → "79.4"."""
    sign, (whole, rest) = "-" if hundredths < 0 else "", divmod(abs(hundredths), HUNDRED)
    return f"{sign}{whole}.{rest:02d}".rstrip("0").rstrip(".")


def number(hundredths: int) -> int | float:
    """Hundredths as the JSON number a reader expects; two digits always survive the trip through a double."""
    return hundredths // HUNDRED if hundredths % HUNDRED == 0 else float(decimal(hundredths))


def plain(problem: "Problem") -> dict[str, Any]:
    """The problem as a document with every default written out and every list in its one order."""
    return {
        "lots": [
            {
                "id": lot.id,
                "area": decimal(lot.area),
                "slots": slot_names(lot.slots),
                "rent": None if lot.rent is None else decimal(lot.rent),
            }
            for lot in problem.lots
        ],
        "applications": [_application(application) for application in problem.applications],
        "ineligible": [
            {"application": application, "lot": lot, "reason": reason}
            for (application, lot), reason in problem.ineligible.items()
        ],
        "locks": [
            {
                "application": lock.application,
                "lot": lock.lot,
                "kind": lock.kind,
                "motive": lock.motive,
                "author": lock.author,
            }
            for lock in problem.locks
        ],
        "incompatible": [list(pair) for pair in problem.incompatible],
        "together": [list(names) for names in problem.together],
        "quotas": [_quota(quota) for quota in problem.quotas],
        "max_awards_per_organisation": problem.max_awards_per_organisation,
        "tie_break": None if problem.tie_break is None else _tie_break(problem.tie_break),
    }


def _application(application: "Application") -> dict[str, Any]:
    return {
        "id": application.id,
        "organisation": application.organisation,
        "neighbourhood": "neighbourhood" in application.groups,
        "groups": sorted(application.groups),
        "wishes": [list(tier) for tier in application.tiers],
        "area": {
            lot: decimal(need.least)
            if need.least == need.most
            else {"min": decimal(need.least), "max": decimal(need.most)}
            for lot, need in application.needs.items()
        },
        "scores": {lot: decimal(score) for lot, score in application.scores.items()},
        "slots": slot_names(application.slots),
        "weight": application.weight,
        "rent": {lot: decimal(rent) for lot, rent in application.rents.items()},
    }


def _quota(quota: "Quota") -> dict[str, Any]:
    def bound(value: int | None) -> Any:
        return value if value is None or quota.kind == "awards" else decimal(value)

    return {
        "name": quota.name,
        "kind": quota.kind,
        "group": quota.group,
        "at_least": bound(quota.at_least),
        "at_most": bound(quota.at_most),
        "lots": None if quota.lots is None else sorted(quota.lots),
    }


def _tie_break(tie_break: "TieBreak") -> dict[str, Any]:
    if tie_break.rule == "draw":
        return {"rule": "draw", "seed": tie_break.seed, "commitment": tie_break.commitment}
    return {"rule": "order", "order": list(tie_break.order)}


def slot_names(slots: frozenset[int]) -> list[str] | None:
    """Half-days in the order of the week; null stands for all fourteen."""
    if len(slots) == 14:
        return None
    return [f"{_DAYS[slot // 2]}-{('am', 'pm')[slot % 2]}" for slot in sorted(slots)]
