"""Light pages: style ≤ 20 kB, scripts ≤ 45 kB outside map pages, fonts ≤ 95 kB, all compressed."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from bench.page_weight import LIMITS, excesses, weigh


@pytest.mark.parametrize("page", ["/", "/connexion", "/accessibilite", "/regles"])
async def test_pages_are_within_the_limits(client: Callable[..., Any], page: str) -> None:
    """Every page draws the same frame; these are the ones that need no row in the database."""
    visitor = await client()
    answer = await visitor.get(page)
    assert answer.status_code == 200
    files = await files_of(visitor, answer.text)
    weights = weigh(answer.text, f"http://testserver.local{page}", lambda address: files[address.split("?")[0]])
    assert excesses(weights, answer.text) == []
    assert all(weights[kind] > 0 for kind in LIMITS), f"a kind of file was not found on the page: {weights}"


async def files_of(visitor: Any, html: str) -> dict[str, bytes]:
    """Fetch all that the page may name, by address without its version."""
    from intervalle.house import STATIC

    named = [name for name, (path, _) in STATIC.items() if path.exists()]
    answers = {name: await visitor.get(f"/statique/{name}") for name in named}
    return {f"http://testserver.local/statique/{name}": answer.content for name, answer in answers.items()}


PAGE = '<link rel="stylesheet" href="/a.css?v=1"><script src="/b.js" defer></script>{more}'


def noise(size: int) -> bytes:
    """Bytes that do not compress, the same in each run."""
    return random.Random(1).randbytes(size)


def site(css: bytes = b"x", js: bytes = b"x", font: bytes = b"x") -> Callable[[str], bytes]:
    files = {"http://s/a.css?v=1": b"@font-face{src:url(f.woff2)}/*" + css + b"*/", "http://s/b.js": js}
    return lambda address: files.get(address, font)


def test_a_heavy_script_is_told_but_not_on_a_map_page() -> None:
    heavy = site(js=noise(46_000))
    assert excesses(weigh(PAGE, "http://s/", heavy), PAGE) != []
    with_map = PAGE.format(more='<script type="module" src="/maplibre-gl.mjs"></script>')
    assert excesses(weigh(with_map, "http://s/", heavy), with_map) == []


def test_fonts_are_found_through_the_style_sheet() -> None:
    weights = weigh(PAGE, "http://s/", site(font=noise(96_000)))
    assert weights["fonts"] == 96_000
    assert [told.split(" :")[0] for told in excesses(weights, PAGE)] == ["fonts"]


def test_text_is_weighed_compressed() -> None:
    assert weigh(PAGE, "http://s/", site(js=b"a" * 1_000_000))["js"] < 2_000
