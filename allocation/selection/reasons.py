"""What a sheet must hold before it can be submitted. Pure.

rules.md §4.3: every score below 2 or above 4 needs a sentence; « non évalué » is not zero, and says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intervalle.i18n import N_


@dataclass(frozen=True)
class Given:
    """An answer to one criterion. `answered` with `value` None is « non évalué »; not answered is still to do."""

    answered: bool = False
    value: int | None = None
    reason: str = ""

    @property
    def choice(self) -> str:
        """The radio button it stands for: « 0 » to « 5 », « ne » or nothing."""
        return "" if not self.answered else "ne" if self.value is None else str(self.value)


def given(choice: str | None, reason: str = "") -> Given:
    """What a pressed button means. Anything but 0-5 and « ne » is no answer."""
    if choice == "ne":
        return Given(True, None, reason.strip())
    if choice in {"0", "1", "2", "3", "4", "5"}:
        return Given(True, int(choice), reason.strip())
    return Given(False, None, reason.strip())


def needs_reason(answer: Given, *, below: int, above: int) -> bool:
    """Whether this answer must carry a sentence."""
    if not answer.answered:
        return False
    return answer.value is None or answer.value < below or answer.value > above


def objections(
    marks: Mapping[int, Given], comment: str, criteria: Sequence[int], *, below: int, above: int
) -> dict[str, str]:
    """Field -> why the sheet cannot be submitted; empty when it can. Fields: « n<id> », « m<id> », « comment »."""
    why: dict[str, str] = {}
    for criterion in criteria:
        answer = marks.get(criterion, Given())
        if not answer.answered:
            why[f"n{criterion}"] = N_("Donnez une note, ou choisissez « non évalué ».")
        elif needs_reason(answer, below=below, above=above) and not answer.reason.strip():
            why[f"m{criterion}"] = N_("Motivez en une phrase : ce choix l’exige.")
    if not comment.strip():
        why["comment"] = N_("Écrivez une motivation d’ensemble : elle sert à la réponse envoyée à la structure.")
    return why
