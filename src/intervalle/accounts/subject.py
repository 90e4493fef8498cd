"""What a policy may ask of an object: which organisations and people stand in which relation to it, and its state."""

from collections.abc import Mapping


class Subject:
    """Mixed into models that a policy line names."""

    def parties(self) -> Mapping[str, frozenset[int]]:
        """Relation -> organisation ids (`owner`, `organiser`, `applicant`, …)."""
        return {}

    def people(self) -> Mapping[str, frozenset[int]]:
        """Relation -> user ids (`juror`, `author`, …)."""
        return {}

    def stage(self) -> str:
        """The computed state a policy line may ask for; empty when acts do not depend on it."""
        return ""
