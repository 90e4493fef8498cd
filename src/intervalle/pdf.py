"""PDF from our own templates, with nothing fetched from anywhere: the renderer may read only our static files."""

import asyncio
import atexit
import logging
from functools import cache
from threading import Lock
from typing import Any

from intervalle.french import bound
from intervalle.settings import ROOT

STATIC = ROOT / "src" / "intervalle" / "static"
FONTS = ROOT / "node_modules" / "@fontsource-variable"
# The pages' own families (npm, OFL), embedded in each document; a sign they lack comes from the family named next.
FAMILIES = (
    ("Atkinson Hyperlegible Next", "normal", "atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2"),
    ("Atkinson Hyperlegible Next", "italic", "atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-italic.woff2"),
    ("Bricolage Grotesque", "normal", "bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2"),
)  # fmt: skip
_one_at_a_time = Lock()  # the font map is shared, and pango's is not made for two threads


@cache
def _fonts() -> tuple[Any, Any]:
    """(font map, style sheet): read once, since unpacking the fonts takes longer than printing a letter."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # a letter would write a hundred lines
    shared = FontConfiguration()
    faces = "".join(
        f'@font-face {{ font-family: "{family}"; src: url({(FONTS / name).as_uri()}); font-style: {style}; font-weight: 200 800 }}'
        for family, style, name in FAMILIES
        if (FONTS / name).is_file()
    )
    return shared, CSS(string=faces, font_config=shared)


atexit.register(_fonts.cache_clear)  # the font map tidies up after itself while the interpreter still stands


def _write(html: str) -> bytes:
    # Imported here: it takes half a second, and the web process rarely needs it.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Locked(URLFetcher):
        """The default fetcher reads local files and the network: ours serves `asset:` names from our static folder."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            name = url.removeprefix("asset:")
            path = (STATIC / name).resolve()
            if not url.startswith("asset:") or not path.is_relative_to(STATIC) or not path.is_file():
                raise FatalURLFetchingError(f"adresse refusée : {url}")
            return super().fetch(path.as_uri(), headers)

    with _one_at_a_time:
        shared, faces = _fonts()
        document = HTML(string=html, base_url="asset:", url_fetcher=Locked(allowed_protocols={"file"}))
        return bytes(document.write_pdf(stylesheets=[faces], font_config=shared, pdf_variant="pdf/ua-1"))


async def render_pdf(html: str) -> bytes:
    """A tagged PDF (PDF/UA-1) of an HTML document; runs in a thread."""
    return await asyncio.to_thread(_write, bound(html))
