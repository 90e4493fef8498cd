"""PDF from our own templates, with nothing fetched from anywhere: the renderer may read only our static files."""

import asyncio
from typing import Any

from intervalle.settings import ROOT

STATIC = ROOT / "src" / "intervalle" / "static"


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

    return bytes(
        HTML(string=html, base_url="asset:", url_fetcher=Locked(allowed_protocols={"file"})).write_pdf(
            pdf_variant="pdf/ua-1"
        )
    )


async def render_pdf(html: str) -> bytes:
    """A tagged PDF (PDF/UA-1) of an HTML document; runs in a thread."""
    return await asyncio.to_thread(_write, html)
