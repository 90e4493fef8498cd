"""What no template and no sentence may do. A heuristic reader: what it allows is listed below, with the reason."""

import ast
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from jinja2 import nodes

from intervalle.settings import ROOT
from intervalle.web import environment

TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.svg"))
# Acts with legal effect, printed to PDF: French whatever the reader's language (law 94-665, art. 2 and 5), and styled
# within, since a document fetches nothing. No browser ever runs them under the pages' security policy.
ACTS = {
    "assignment/letter.html", "assignment/_letter_blocks.html", "assignment/minutes_document.html", "leases/agreement.html",
    "assignment/parameters_document.html",
}  # fmt: skip
PRINTED = ACTS | {
    "calls/applications/receipt_pdf.html",
    "calls/poster.html",
    "premises/poster_pdf.html",
    "premises/sheet_pdf.html",
}
SOURCES = [
    path
    for package in ("src/intervalle", "premises", "calls", "allocation")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "setup" not in path.parts and "migrations" not in path.parts
]
# The product's name, and each language named in itself.
PROPER = {"intervalle", "Intervalle", "English", "Français"}
# Shown to a person by the browser or a screen reader.
SPOKEN = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription"}
VALUE = "\ue000"  # stands for the value of an expression
MARKERS = {"_", "N_", "ngettext"}


def faulty(paths: list[Path], read: Callable[[Path], list[Any]]) -> dict[str, list[Any]]:
    """Path -> its faults, for the files that have any."""
    return {str(path.relative_to(ROOT)): found for path in paths if (found := read(path))}


def flattened(path: Path) -> str:
    """The template as HTML: statements gone, each expression a placeholder, `hx()` the attribute that it prints."""
    shown: list[str] = []
    expression: list[str] | None = None
    # The one block that fills an attribute, from afar.
    source = re.sub(r"\{% block main_class %\}.*?\{% endblock %\}", "", path.read_text())
    for _line, kind, text in environment.lex(source):
        if kind == "variable_begin":
            expression = []
        elif kind == "variable_end":
            shown.append(' hx-nonce=""' if expression == ["hx", "(", ")"] else VALUE)
            expression = None
        elif expression is not None and kind != "whitespace":
            expression.append(text)
        elif kind == "data":
            shown.append(text)
    return "".join(shown)


class Reader(HTMLParser):
    """Collects the faults of one template."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open_scripts = 0

    def say(self, what: str) -> None:
        self.faults.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "style" or "style" in given:
            self.say("inline style: the content security policy refuses it")
        if tag == "script" and not {"src", "nonce"} <= set(given):
            self.say("script without src or nonce")
        self.open_scripts += tag == "script"
        for name in given:
            if re.fullmatch(r"on[a-z]+", name):
                self.say(f"{name}: inline script")
        if (
            any(name.startswith(("hx-", "data-hx-")) for name in given if name != "hx-nonce")
            and "hx-nonce" not in given
        ):
            self.say("hx-… without {{ hx() }}: the csp extension ignores it")
        for name in SPOKEN & set(given):
            if has_words(given[name]):
                self.say(f"{name}={given[name]!r} outside _()")

    def handle_endtag(self, tag: str) -> None:
        self.open_scripts -= tag == "script"

    def handle_data(self, data: str) -> None:
        if self.open_scripts and data.strip():
            self.say("inline script")
        elif has_words(data):
            self.say(f"{data.strip()[:60]!r} outside _()")


def has_words(text: str) -> bool:
    """Two letters in a row, once proper names, units and entities are set aside."""
    left = re.sub(r"&\w+;|\bm²", " ", text)
    for name in PROPER:
        left = re.sub(rf"\b{name}\b", " ", left)
    return re.search(r"[^\W\d_]{2,}", left.replace(VALUE, " ")) is not None


def faults_in(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.faults


def short(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


def faults_of_page(path: Path) -> list[str]:
    html = flattened(path)
    if short(path) in PRINTED:
        html = re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    found = faults_in(html)
    return [fault for fault in found if "outside _()" not in fault] if short(path) in ACTS else found


def test_templates_are_clean() -> None:
    assert faulty(TEMPLATES, faults_of_page) == {}


def test_what_is_allowed_is_still_there() -> None:
    assert {short(path) for path in TEMPLATES} >= PRINTED


def test_the_reader_sees_what_it_is_for() -> None:
    """One fault each, so that an empty list above means something."""
    assert len(faults_in('<p style="color: red"></p>')) == 1
    assert len(faults_in("<script>alert(1)</script>")) == 2
    assert len(faults_in('<a onclick="x()">·</a>')) == 1
    assert len(faults_in('<a hx-get="/x"></a>')) == 1
    assert faults_in('<a hx-nonce="" hx-get="/x"></a>') == []
    assert len(faults_in("<p>Déposer</p>")) == 1
    assert len(faults_in('<input placeholder="Rue">')) == 1
    assert faults_in(f"<b>{VALUE} m</b>") == []


# --- sentences ---------------------------------------------------------------------------------------------------


def is_sentence(text: str) -> bool:
    """Looks like words for a person: an accent, a typographic apostrophe, or a capital followed by small letters."""
    return text not in PROPER and re.search(r"[à-öø-ÿœ’]|^[A-ZÀ-Ö][a-zà-ÿ]+", text) is not None


def literals_outside(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Sentences of a template's expressions that no marker wraps. What is compared is a code, not shown."""
    if isinstance(node, nodes.Compare):
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MARKERS:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and is_sentence(node.value):
        yield node.lineno, node.value
    for child in node.iter_child_nodes():
        yield from literals_outside(child)


PAGES = [path for path in TEMPLATES if short(path) not in ACTS]


def test_expressions_hold_no_unmarked_sentence() -> None:
    assert faulty(PAGES, lambda path: list(literals_outside(environment.parse(path.read_text())))) == {}


def template_calls(path: Path) -> Iterator[tuple[int, str, list[Any], set[str], bool]]:
    """(line, marker, arguments, names of the values, whether more may come by `**`)."""
    for call in environment.parse(path.read_text()).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in MARKERS:
            arguments = [a.value if isinstance(a, nodes.Const) else a for a in call.args]
            values = {keyword.key for keyword in call.kwargs}
            yield call.lineno, call.node.name, arguments, values, call.dyn_kwargs is not None


def source_calls(path: Path) -> Iterator[tuple[int, str, list[Any], set[str], bool]]:
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
        if name in MARKERS:
            arguments = [a.value if isinstance(a, ast.Constant) else a for a in call.args]
            values = {keyword.arg for keyword in call.keywords if keyword.arg}
            yield call.lineno, name, arguments, values, any(k.arg is None for k in call.keywords)


BUILT = (nodes.Concat, nodes.Add, nodes.Mod, nodes.TemplateData, ast.JoinedStr, ast.BinOp)


def faults_of(calls: Iterator[tuple[int, str, list[Any], set[str], bool]]) -> list[str]:
    """A sentence built on the spot cannot be found in a catalogue; a value asked for and not given shows as `%(x)s`."""
    faults = []
    for line, marker, arguments, values, open_ended in calls:
        sentences = arguments[:2] if marker == "ngettext" else arguments[:1]
        for sentence in sentences:
            if isinstance(sentence, BUILT):
                faults.append(f"line {line}: the sentence is built, not written")
            if not isinstance(sentence, str) or open_ended:
                continue
            asked = set(re.findall(r"%\((\w+)\)", sentence)) - ({"n"} if marker == "ngettext" else set())
            if marker == "_" and asked != values:
                faults.append(f"line {line}: asks {sorted(asked)}, is given {sorted(values)}")
            if marker == "ngettext" and not asked <= values:
                faults.append(f"line {line}: asks {sorted(asked)}, is given {sorted(values)}")
            if (values or marker == "ngettext") and re.search(r"%(?!\()", sentence.replace("%%", "")):
                faults.append(f"line {line}: a lone % beside values breaks the sentence: write %%")
    return faults


def test_sentences_of_templates_are_whole() -> None:
    assert faulty(TEMPLATES, lambda path: faults_of(template_calls(path))) == {}


def test_sentences_of_the_sources_are_whole() -> None:
    assert faulty(SOURCES, lambda path: faults_of(source_calls(path))) == {}


def test_the_readers_of_sentences_see_what_they_are_for(tmp_path: Path) -> None:
    made = tmp_path / "a.py"
    for line, many in (
        ('_(f"x {y}")', 1),
        ('_("a %(b)s")', 1),
        ('_("a", b=1)', 1),
        ('_("30 % de %(b)s", b=1)', 1),
        ('_("a")', 0),
    ):
        made.write_text(line)
        assert len(faults_of(source_calls(made))) == many, line
    page = tmp_path / "a.html"
    page.write_text("{{ _('Rue ' ~ name) }}{{ 'Déposer' }}")
    assert len(faults_of(template_calls(page))) == 1
    assert len(list(literals_outside(environment.parse(page.read_text())))) == 1


def unseen_by_babel(path: Path) -> list[str]:
    options = {"silent": "false", "trimmed": "false", "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"}
    keywords = {"_": None, "ngettext": (1, 2)}
    with path.open("rb") as opened:
        messages = [found[1] for found in extract("jinja2.ext:babel_extract", opened, keywords, options=options)]
    seen = {sentence for message in messages for sentence in ([message] if isinstance(message, str) else message)}
    return sorted(
        sentence
        for _line, marker, arguments, _values, _open in template_calls(path)
        for sentence in (arguments[:2] if marker == "ngettext" else arguments[:1])
        if isinstance(sentence, str) and sentence not in seen
    )


def test_babel_extracts_every_sentence_of_the_templates() -> None:
    """The catalogue is filled by Babel: what it does not see stays French for ever."""
    assert sum(1 for path in TEMPLATES for _ in template_calls(path)) > 500
    assert faulty(TEMPLATES, unseen_by_babel) == {}
