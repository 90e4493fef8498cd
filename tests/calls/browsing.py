"""What a browser without JavaScript does: read a page's own form and send it back changed."""

from html.parser import HTMLParser
from typing import Any


class _Forms(HTMLParser):
    """Every form of a page: its action, and the fields a browser would send."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self._fields: dict[str, list[str]] | None = None
        self._name = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if tag == "form":
            self._fields = {}
            self.forms.append((a.get("action") or "", self._fields))
        if self._fields is None:
            return
        name, kind = a.get("name") or "", a.get("type") or "text"
        if tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in a):
            self._fields.setdefault(name, []).append(a.get("value") or ("on" if kind == "checkbox" else ""))
        if tag == "textarea":
            self._name, self._text = name, []
        if tag == "select":
            self._name = name
            self._fields.setdefault(name, [""])
        if tag == "option" and "selected" in a:
            self._fields[self._name] = [a.get("value") or ""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._fields is not None and self._text is not None:
            self._fields[self._name] = ["".join(self._text).removeprefix("\r\n").removeprefix("\n")]
            self._text = None
        if tag == "form":
            self._fields = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def form_of(html: str, action: str) -> dict[str, Any]:
    """The fields of the form that goes to `action`. Fails when the page has no such form."""
    parser = _Forms()
    parser.feed(html)
    return dict(next(fields for where, fields in parser.forms if where == action))
