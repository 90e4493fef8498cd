"""Drill: whatever is typed into any form or address that a person of the demonstration can reach, never a 5xx."""

import random
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.journeys.conftest import Site
from tests.journeys.crawl import kind_of, pages_of
from tests.journeys.test_accessibility import ROLES, somebody
from tests.journeys.test_double_submit import NOT_AN_ACT, forms_of

pytestmark = [pytest.mark.browser, pytest.mark.drill]

NONSENSE = (
    "", "x", "nul\x00octet", "-1", "0", "99999999999999999999", "9" * 400, "1e308", "NaN", "Infinity", "1,5,5", "½", "١٢", "-0",
    "31/02/2027", "0001-01-01", "9999-12-31", "10000-01-01", "2026-13-01", "2027-03-28T02:30", "<b>\"'&", "🦊" * 50, "été\u202e",
    "../../etc", "';drop table x;--", "%", "a" * 50_000, "[1]", '{"a":1}', "\r\n\r\n", "48.1,-1.6,3", "true", "null", "\u2028",
)  # fmt: skip
QUERIES = [
    urlencode({name: said}) for name in ("page", "tri", "q", "zone", "de", "lot", "surface", "jour", "version")
    for said in ("-1", "x", "\x00", "99999999999999999999", "NaN,0,1,1", "a" * 3000, "48.1,-1.6,3,9")
]  # fmt: skip
NUMBERS = ("0", "2147483648", "99999999999999999999")
BODIES = (
    (b"\xff\xfe%%%=&&&", "application/x-www-form-urlencoded"), (b"{", "application/json"), (b"--x", "multipart/form-data; boundary=x"),
    (b"", "text/plain"),
)  # fmt: skip
PER_FIELD = 3


def _addresses(paths: list[str], chance: random.Random) -> list[str]:
    asked = [f"{path}{'&' if '?' in path else '?'}{query}" for path in paths for query in chance.sample(QUERIES, 6)]
    return asked + [re.sub(r"/\d+", f"/{number}", path, count=1) for path in paths for number in NUMBERS]


def _bodies(data: list[list[str]], chance: random.Random) -> list[dict[str, list[str]]]:
    """The form with one field spoilt, for each field in turn; then with all of them; then empty."""
    fields: dict[str, list[str]] = {}
    for name, value in data:
        fields.setdefault(name, []).append(value)
    spoilt = [fields | {name: [said]} for name in fields for said in chance.sample(NONSENSE, PER_FIELD)]
    return [*spoilt, {name: [chance.choice(NONSENSE)] for name in fields}, {}]


async def test_no_nonsense_is_a_failure_of_ours(site: Site, browser: Any) -> None:
    chance, tried, sent, wrong = random.Random(7), set[str](), 0, []
    for key in ROLES.values():
        async with somebody(site, browser, key, 1280, "light") as context:
            paths = await pages_of(context, site.url, depth=3, per_kind=1, skip=lambda path: False)
            forms = await forms_of(context, site, paths)
            cookies = {c["name"]: c["value"] for c in await context.cookies()}
        async with httpx.AsyncClient(
            base_url=site.url, cookies=cookies, headers={"Sec-Fetch-Site": "same-origin"}, timeout=120
        ) as client:
            for address in _addresses([p for p in paths if kind_of(p) not in tried], chance):
                sent, answer = sent + 1, await client.get(address)
                wrong += [f"{key} GET {address[:120]}: {answer.status_code}"] if answer.status_code >= 500 else []
            tried |= {kind_of(path) for path in paths}
            for path, data in forms:
                kind = "POST " + kind_of(path) + " " + ",".join(sorted({name for name, _value in data}))
                if kind in tried or path.startswith(NOT_AN_ACT):
                    continue
                tried.add(kind)
                for body in _bodies(data, chance):
                    sent, answer = sent + 1, await client.post(path, data=body)
                    wrong += (
                        [f"{key} POST {path} {body!r:.300}: {answer.status_code}"] if answer.status_code >= 500 else []
                    )
                for content, kind_of_body in BODIES:
                    sent += 1
                    answer = await client.post(path, content=content, headers={"Content-Type": kind_of_body})
                    wrong += (
                        [f"{key} POST {path} {content!r}: {answer.status_code}"] if answer.status_code >= 500 else []
                    )
    print(f"{sent} requests, {sum(kind.startswith('POST') for kind in tried)} kinds of forms, {len(wrong)} failures")
    assert wrong == [], "\n" + "\n".join(wrong)
