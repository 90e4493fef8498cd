"""What a page makes the browser fetch, compressed as the server sends it, against the limits of the product.

    .venv/bin/python bench/page_weight.py http://127.0.0.1:8000 / /locaux /appels

Prints one line a page and ends with status 1 when a page exceeds a limit. Map pages may exceed the limit on scripts.
"""

import gzip
import re
import sys
import urllib.request
from collections.abc import Callable, Iterable
from urllib.parse import urljoin

# Compressed bytes. CSS and scripts are told on the wire; fonts (woff2) are compressed already.
LIMITS = {"css": 20_000, "js": 45_000, "fonts": 95_000}
KINDS = {"css": "css", "js": "js", "mjs": "js", "woff2": "fonts"}
MAP = "maplibre"

Fetch = Callable[[str], bytes]


def kind_of(address: str) -> str | None:
    """Which limit a file counts against, by its name."""
    return KINDS.get(address.split("?")[0].rsplit(".", 1)[-1])


def named_by_page(html: str) -> list[str]:
    """Style sheets, scripts and preloaded fonts that the page itself names."""
    tags = re.findall(r"<(?:link|script)\b[^>]*>", html)
    addresses = [match[1] for tag in tags if (match := re.search(r"""(?:href|src)=["']([^"']+)["']""", tag))]
    return [address for address in addresses if kind_of(address)]


def named_by_style(css: str) -> list[str]:
    return [address for address in re.findall(r"""url\(["']?([^"')]+)["']?\)""", css) if kind_of(address)]


def weigh(html: str, page: str, fetch: Fetch) -> dict[str, int]:
    """Compressed bytes of each kind. `fetch` gives a file's plain bytes for its address."""
    addresses = {urljoin(page, address) for address in named_by_page(html)}
    for sheet in [address for address in addresses if kind_of(address) == "css"]:
        addresses |= {urljoin(sheet, address).split("?")[0] for address in named_by_style(fetch(sheet).decode())}
    weights = dict.fromkeys(LIMITS, 0)
    for address in addresses:
        kind = kind_of(address)
        if kind:
            weights[kind] += compressed(fetch(address), kind)
    return weights


def compressed(content: bytes, kind: str) -> int:
    return len(content) if kind == "fonts" else len(gzip.compress(content, 6))


def excesses(weights: dict[str, int], html: str) -> list[str]:
    """The limits exceeded, told with both figures."""
    return [
        f"{kind} : {weights[kind]} octets pour {limit} permis"
        for kind, limit in LIMITS.items()
        if weights[kind] > limit and not (kind == "js" and MAP in html)
    ]


def download(address: str) -> bytes:
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"not a web address: {address}")
    with urllib.request.urlopen(address, timeout=10) as answer:
        return bytes(answer.read())


def main(site: str, pages: Iterable[str]) -> int:
    failed = False
    for page in pages:
        address = urljoin(site, page)
        html = download(address).decode()
        weights = weigh(html, address, download)
        told = "  ".join(f"{kind} {weights[kind] / 1000:5.1f}/{LIMITS[kind] / 1000:.0f} ko" for kind in LIMITS)
        wrong = excesses(weights, html)
        failed = failed or bool(wrong)
        print(f"{'TROP LOURD' if wrong else 'bon':<10} {page:<30} {told}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage : bench/page_weight.py http://127.0.0.1:8000 [page …]")
    sys.exit(main(sys.argv[1], sys.argv[2:] or ["/"]))
