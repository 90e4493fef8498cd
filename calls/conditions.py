"""The eliminatory conditions of a call, answered one by one by the applicant. Pure.

An answer is the structure's word, shown beside each condition to whoever examines admissibility; it decides nothing by
itself. « Non » does not prevent the deposit: the applicant says why, and a person judges.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intervalle.i18n import N_, _

ANSWERS = {"yes": N_("Oui"), "no": N_("Non")}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, as the call writes it; `answer` is "yes", "no" or empty."""

    text: str
    answer: str = ""
    comment: str = ""

    @property
    def key(self) -> str:
        """Of its words: a condition reworded by a later version of the call is asked anew."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:10]

    @property
    def said(self) -> str:
        return _(ANSWERS[self.answer]) if self.answer else _("sans réponse")


def asked(eliminatory: str, answers: Mapping[str, Any]) -> list[Condition]:
    """The conditions of a call (one a line) with what the applicant answered, if it did."""
    found = []
    for line in dict.fromkeys(line.strip() for line in eliminatory.splitlines() if line.strip()):
        held = answers.get(Condition(line).key) or {}
        answer = str(held.get("answer", ""))
        found.append(Condition(line, answer if answer in ANSWERS else "", str(held.get("comment", ""))))
    return found


def lacking(conditions: Sequence[Condition]) -> list[str]:
    """What is still to answer, in words."""
    said = [_("Répondez : « %(condition)s »", condition=c.text) for c in conditions if not c.answer]
    unexplained = [
        _("Vous répondez non à « %(condition)s » : dites pourquoi, ou ce que vous proposez.", condition=c.text)
        for c in conditions
        if c.answer == "no" and not c.comment.strip()
    ]
    return [*said, *unexplained]


def unmet(conditions: Sequence[Condition]) -> str:
    """The reason an examiner starts from: the conditions the applicant says it does not meet; empty when none."""
    return "\n".join(
        _("« %(condition)s » : la structure répond non. %(comment)s", condition=c.text, comment=c.comment).strip()
        for c in conditions
        if c.answer == "no"
    )
