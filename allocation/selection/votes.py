"""The result of a vote. Pure."""

from collections.abc import Mapping


def outcome_of(counts: Mapping[str, int], chair: str | None) -> str:
    """« adopted » with more votes for than against. In a tie the chair's own vote decides; an abstention does not."""
    favour, against = counts.get("for", 0), counts.get("against", 0)
    if favour != against:
        return "adopted" if favour > against else "rejected"
    return "adopted" if favour and chair == "for" else "rejected"
