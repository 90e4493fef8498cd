"""The words of a letter: Markdown with named placeholders, one template per outcome, ours until an organisation writes its own.

A template that could leave without its motive, its remedies or its signatory is refused (CRPA L211-5, CJA R421-5). Values
are put in after the Markdown is turned into HTML, escaped: nothing an applicant typed is ever read as Markdown.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from intervalle.i18n import N_, _

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# Placeholder -> what it stands for. Blocks stand alone on their line; words stand anywhere.
BLOCKS = {
    "decision": N_("la décision en une phrase"),
    "motif": N_("le motif, tiré des notes et du calcul"),
    "notes": N_("le tableau des notes de la structure"),
    "suite": N_("pour une place : la date de réponse et ce qui suit"),
    "voies_de_recours": N_("les voies et délais de recours"),
    "signature": N_("l’organisateur et la personne qui signe"),
    "algorithme": N_("la mention sur le calcul (ajoutée à la fin si elle manque)"),
}
WORDS = {
    "structure": N_("le nom de la structure"),
    "appel": N_("le titre de l’appel"),
    "organisateur": N_("l’organisateur"),
    "dossier": N_("le numéro du dossier"),
    "projet": N_("le nom du projet"),
    "lot": N_("le lot attribué"),
    "surface": N_("la surface attribuée"),
    "adresse": N_("l’adresse du lot"),
    "note": N_("la note sur 100"),
    "rang": N_("le rang"),
    "date": N_("la date de la lettre"),
    "titre_recours": N_("le titre des voies de recours"),
}
REQUIRED = ("motif", "voies_de_recours", "signature")

_HEAD = "Madame, Monsieur,\n\n{decision}\n\n## Motifs\n\n{motif}\n\n"
_TAIL = "## {titre_recours}\n\n{voies_de_recours}\n\n{signature}\n"
DEFAULTS = {
    "awarded": f"{_HEAD}{{notes}}\n\n## Ce qui suit\n\n{{suite}}\n\n{_TAIL}",
    "reserve": f"{_HEAD}{{notes}}\n\n{_TAIL}",
    "refused": f"{_HEAD}{{notes}}\n\n{_TAIL}",
    "inadmissible": f"{_HEAD}{_TAIL}",
}

_PLACEHOLDER = re.compile(r"\{([^{}\s]{1,40})\}")
_IN_HTML = re.compile(r"<p>\{(?P<block>[a-z_]+)\}</p>|\{(?P<word>[a-z_]+)\}")
_TAGS = {"h2", "h3", "p", "ul", "ol", "li", "strong", "em", "blockquote", "br"}


def objections(text: str) -> list[str]:
    """Why a template cannot be kept; empty when it can."""
    named = _PLACEHOLDER.findall(text)
    unknown = sorted({name for name in named if name not in BLOCKS and name not in WORDS})
    alone = {line.strip()[1:-1] for line in re.split(r"\n\s*\n", text) if _PLACEHOLDER.fullmatch(line.strip())}
    found = [_("{%(name)s} n’existe pas.", name=name) for name in unknown]
    found += [
        _("{%(name)s} manque : une lettre ne part pas sans %(what)s.", name=name, what=_(BLOCKS[name]))
        for name in REQUIRED
        if name not in named
    ]
    found += [
        _("{%(name)s} doit être seul dans son paragraphe.", name=name)
        for name in BLOCKS
        if named.count(name) and (name not in alone or named.count(name) > 1)
    ]
    return found


def template_for(outcome: str, own: Mapping[str, str]) -> str:
    """The organisation's words for this outcome, or ours."""
    return own.get(outcome) or DEFAULTS[outcome]


def fill(template: str, *, blocks: Mapping[str, str], words: Mapping[str, str]) -> Markup:
    """The body of a letter. `blocks` are HTML drawn by our own template; `words` are plain text, escaped here."""
    if blocks.get("algorithme") and "{algorithme}" not in template:
        template = f"{template}\n\n{{algorithme}}\n"
    import nh3

    html = nh3.clean(_levels(_parser().render(template)), tags=_TAGS, attributes={})

    def put(match: re.Match[str]) -> str:
        if name := match["block"]:
            return str(blocks[name]) if name in blocks else f"<p>{escape(words.get(name, ''))}</p>"
        return str(escape(words.get(match["word"], "")))

    return Markup(_IN_HTML.sub(put, html))  # noqa: S704 - cleaned above, then filled with escaped text and our own blocks


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink", "html_block", "html_inline"])


def _levels(html: str) -> str:
    """The letter owns h1: a typed title is an h2 or an h3."""
    html = re.sub(r"<(/?)h[3-6]>", r"<\1h3>", html)
    return re.sub(r"<(/?)h1>", r"<\1h2>", html)
