"""Markdown typed by organisers, shown as HTML that cannot harm: no script, no style, no image, no foreign attribute."""

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

TAGS = {"h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "br", "hr", "code", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # html off: typed tags are shown as text. Links are written or clickable, never images (they would call elsewhere).
    return (
        MarkdownIt("commonmark", {"html": False, "typographer": False})
        .enable("table")
        .disable(["image", "html_block", "html_inline"])
    )


def _below_h2(html: str) -> str:
    """The page owns h1 and h2: a typed title starts at h3, so that the outline of the page stays in order."""
    for level in (4, 3, 2, 1):
        html = html.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    return html


def to_html(text: str) -> Markup:
    """Sanitised twice over: the parser escapes HTML, and only known tags and web or mail links are let through."""
    import nh3

    html = _below_h2(_parser().render(text))
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener",
    )
    return Markup(clean)  # noqa: S704 - nh3 has just cleaned it
