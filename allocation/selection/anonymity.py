"""A file without what names its structure, for a call that is scored anonymously. Pure.

Fields that name are left out; in what people wrote, the names of the structure and of its partners, addresses, numbers to
call and identifiers are replaced. What is left may still be recognised by somebody who knows the project: the panel is told.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from intervalle.i18n import _

if TYPE_CHECKING:
    from calls.reading import FileView

# Answers that name the structure whatever they say.
NAMING_ANSWERS = frozenset({"presentation", "rooting", "references"})
_TRACES = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # addresses
    r"|(?:https?://|www\.)[^\s<>()]+"
    r"|(?<!\d)(?:\+33[\s.]?|0)[1-9](?:[\s.\u00a0]?\d{2}){4}(?!\d)"  # telephone
    r"|(?<!\d)\d{3}[\s\u00a0]?\d{3}[\s\u00a0]?\d{3}(?:[\s\u00a0]?\d{5})?(?!\d)"  # SIREN, SIRET
    r"|\bW\d{9}\b"  # RNA
)


def _spelled(name: str) -> str:
    """The name as a pattern: spaces and apostrophes of any kind."""
    pattern = re.escape(name.replace("’", "'"))
    return re.sub(r"(?:\\ |\u00a0)+", r"[\\s\\u00a0]+", pattern).replace("'", "['’]")


def hidden(names: Iterable[str]) -> Callable[[str], str]:
    """A function that takes names and traces out of a text. Longest names first; case, accents' spacing and « ’ » apart."""
    known = sorted({name.strip() for name in names if len(name.strip()) > 2}, key=len, reverse=True)
    spelled = [_spelled(name) for name in known]
    named = re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE) if spelled else None

    def clean(text: str) -> str:
        text = named.sub(_("[structure]"), text) if named else text
        return _TRACES.sub(_("[masqué]"), text)

    return clean


def masked(file: "FileView") -> "FileView":
    """The file as an anonymised panel reads it."""
    clean = hidden([file.structure, *(name for name, _share in file.members)])
    return replace(
        file,
        structure=_("Structure masquée pendant la notation"),
        line="",
        typed="",
        members=[],
        documents=[],
        name=clean(file.name),
        summary=clean(file.summary),
        facts=[(label, clean(value)) for label, value in file.facts],
        answers=[replace(a, text=clean(a.text)) for a in file.answers if a.key not in NAMING_ANSWERS],
        conditions=[replace(c, comment=clean(c.comment)) for c in file.conditions],
        budget=[
            (side, [replace(line, label=clean(line.label)) for line in lines], total)
            for side, lines, total in file.budget
        ],
    )
