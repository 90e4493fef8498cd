"""`intervalle messages`: finds every French sentence shown to a person and brings locale/en.po up to date.

Templates are read by Babel with the options of `intervalle.web.environment`; sources are read as syntax trees, because
a sentence is not always under `_` or `N_`. Also read: what a refusal says (`Refused("sentence", "way out")` and its
kin, translated when the error page shows it), labels of `Labelled` enumerations, `explain_constraint`, `too_late=` of
the policy table, and the tables named in `TABLES`. A translation is kept as long as its French stays the same, letter
for letter; a sentence that changed is empty until somebody translates it: an approximate one would be a wrong one.

Left in French on purpose, being acts or the words of a text of law, which have no other official language:
- verdicts of legal rules (`intervalle.verdicts` and every `…_rules.py`, `calls.legality`, `calls.readiness`,
  `allocation.selection.quorum`, `allocation.tfpb.eligibility`, clauses and names of titles cited from an article);
- parameters of law and their sources (`intervalle.parameter_rows`);
- decisions, their motives and letters (`allocation.assignment.{french,motives,notices,letters}`, `allocation.remedies`);
- deeds and minutes (`assignment/letter.html`, `leases/agreement.html`), mails to the parties of an act, the ledger's exports;
- the command line, the independent checker's findings, and the demonstration's own content.
"""

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from intervalle.i18n import CATALOGUES
from intervalle.settings import ROOT

SOURCES = ("src/intervalle", "premises", "calls", "allocation")
NOT_PAGES = ("setup", "migrations", "demo")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
# As the environment of the pages: an extension not named here would stop the reading of its template.
TEMPLATE_OPTIONS = {
    "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
# Name called -> how many of its first arguments are sentences.
SPOKEN = {
    "_": 1, "N_": 1, "ngettext": 2, "required": 1,
    "Problem": 2, "Refused": 2, "Forbidden": 2, "NotFound": 2, "BadRequest": 2, "TooMany": 2, "SignInNeeded": 1, "BadFile": 2,
}  # fmt: skip
# The same, where the sentence comes later or where the call means something else elsewhere: file -> name -> positions.
ELSEWHERE: dict[str, dict[str, tuple[int, ...]]] = {
    "src/intervalle/app.py": {"_error_page": (2, 3)},
    "src/intervalle/identifiers.py": {"ValueError": (0,), "_key_checked": (2,)},
}
# Tables of sentences that are translated where they are shown.
TABLES = {"src/intervalle/db.py": ("SQLSTATES",), "calls/grid.py": ("ANCHORS",)}
HEADER = """\
# English for Intervalle. French is the source; `bin/intervalle messages` adds what is new and drops what is gone.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def messages() -> list[str]:
    """Every French sentence to translate, once, in alphabetical order."""
    found: set[str] = set()
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".svg"}:
            found.update(in_template(path))
    for package in SOURCES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not set(NOT_PAGES) & set(path.relative_to(ROOT).parts):
                found.update(in_source(path))
    return sorted(found - {""})


def in_template(path: Path) -> Iterator[str]:
    with path.open("rb") as opened:
        for _line, message, _comments, _context in extract(
            "jinja2.ext:babel_extract", opened, KEYWORDS, options=TEMPLATE_OPTIONS
        ):
            yield from [message] if isinstance(message, str) else message


def in_source(path: Path) -> Iterator[str]:
    """The sentences of one module; a name stands for the constant it was given at the top of the module."""
    tree = ast.parse(path.read_text())
    place = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    constants = {
        target.id: node.value for node in tree.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    for table in TABLES.get(place, ()):
        sentences = constants[table]
        for value in sentences.values if isinstance(sentences, ast.Dict) else ():
            yield from _words(value, {})
    for node in ast.walk(tree):
        for spoken in _spoken(node, ELSEWHERE.get(place, {})):
            yield from _words(spoken, constants)


def _spoken(node: ast.AST, elsewhere: dict[str, tuple[int, ...]]) -> Iterator[ast.expr]:
    """The expressions under `node` itself that somebody will read."""
    if isinstance(node, ast.ClassDef):
        yield from _of_class(node)
    if not isinstance(node, ast.Call):
        return
    name = _named(node.func)
    yield from node.args[: SPOKEN.get(name, 0)]
    yield from (node.args[at] for at in elsewhere.get(name, ()) if at < len(node.args))
    if name == "explain_constraint":
        yield node.args[1]
    yield from (keyword.value for keyword in node.keywords if keyword.arg in {"too_late", "way_out"})


def _named(called: ast.expr) -> str:
    """`f` and `module.f` are both « f »."""
    return str(getattr(called, "id", None) or getattr(called, "attr", ""))


def _of_class(node: ast.ClassDef) -> Iterator[ast.expr]:
    """Labels of a `Labelled` enumeration; what a kind of `Problem` says by default."""
    bases = {_named(base) for base in node.bases}
    if "Labelled" in bases:
        yield from (
            line.value.elts[1]
            for line in node.body
            if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple)
        )
    if bases & set(SPOKEN):
        for made in ast.walk(node):
            if isinstance(made, ast.FunctionDef) and made.name == "__init__":
                yield from made.args.defaults
            if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr == "__init__":
                yield from made.args


def _words(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """The sentences an expression can be; nothing for what is only known when it runs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body, constants)
        yield from _words(node.orelse, constants)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _words(value, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _words(constants[node.id], {})


def catalogue_with(found: list[str], old: Catalog | None = None) -> Catalog:
    """The English catalogue of exactly these sentences, with the translations `old` has for them."""
    new = Catalog(locale="en", fuzzy=False)
    for sentence in found:
        kept = old.get(sentence) if old is not None else None
        new.add(sentence, kept.string if kept is not None else "", flags=kept.flags if kept is not None else ())
    return new


def written(catalogue: Catalog) -> bytes:
    """Without dates and places: two runs write the same bytes, and a moved sentence is not a change."""
    body = BytesIO()
    write_po(body, catalogue, no_location=True, omit_header=True, sort_output=True, width=0)
    return HEADER.encode() + body.getvalue().lstrip(b"\n")


def read(path: Path = CATALOGUES / "en.po") -> Catalog:
    with path.open("rb") as opened:
        return read_po(opened, locale="en")


def update(path: Path = CATALOGUES / "en.po") -> tuple[int, list[str]]:
    """Write the catalogue anew; answers how many sentences it holds and those that nobody has translated."""
    path.parent.mkdir(exist_ok=True)
    made = catalogue_with(messages(), read(path) if path.exists() else None)
    path.write_bytes(written(made))
    return len(made), [str(message.id) for message in made if message.id and not message.string]
