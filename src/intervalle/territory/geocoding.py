"""From an address to a point: the national geocoder when reachable, the imported addresses otherwise, by hand always.

Nothing here raises for the network: a page must answer when the service is down. Score and precision are kept with
the premises; a low score asks for a manual pin (rules.md §7).
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.settings import settings

if TYPE_CHECKING:
    import httpx

TIMEOUT = 2.0
# After a failure the service is left alone for a while: nobody waits twice for the same silence.
PAUSE = 60.0
ENOUGH = 0.7
_silent_until = 0.0


@dataclass(frozen=True)
class Found:
    """score 0-1; precision: housenumber | street | locality | municipality; source: geocoder | address_base | commune."""

    lon: float
    lat: float
    label: str
    commune_code: str | None
    postcode: str
    score: float
    precision: str
    source: str


def needs_pin(found: Found) -> bool:
    return found.score < ENOUGH or found.precision != "housenumber"


async def geocode(
    db: AsyncSession,
    query: str,
    *,
    postcode: str = "",
    commune_code: str | None = None,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Found | None:
    """The best place for an address, or None when not even its commune is known."""
    asked = " ".join(f"{query} {postcode}".split()) if postcode and postcode not in query else " ".join(query.split())
    if not asked:
        return None
    return (
        await _ask_service(asked, transport)
        or await _in_addresses(db, asked, postcode, commune_code)
        or await _commune(db, asked, postcode, commune_code)
    )


async def suggest(db: AsyncSession, query: str, limit: int = 6) -> list[Found]:
    """Imported addresses that resemble what is being typed."""
    rows = await db.execute(
        text(
            "SELECT shown, commune_code, postcode, ST_X(point) AS lon, ST_Y(point) AS lat, word_similarity(plain_text(:q), label) AS score "
            "FROM addresses WHERE plain_text(:q) <% label ORDER BY score DESC, shown LIMIT :limit"
        ),
        {"q": query[:200], "limit": limit},
    )
    return [
        Found(r.lon, r.lat, r.shown, r.commune_code, r.postcode, float(r.score), "housenumber", "address_base")
        for r in rows
    ]


async def _ask_service(query: str, transport: "httpx.AsyncBaseTransport | None") -> Found | None:
    global _silent_until
    url = settings().geocoder_url
    if transport is None and (not url or time.monotonic() < _silent_until):
        return None
    import httpx

    try:
        async with httpx.AsyncClient(timeout=TIMEOUT, transport=transport) as client:
            answer = await client.get(
                f"{url or 'https://geocodeur.example'}/search/",
                params={"q": query[:200], "limit": 1, "autocomplete": 0},
            )
            answer.raise_for_status()
            return _first(answer.json())
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        _silent_until = time.monotonic() + PAUSE
        return None


def _first(answer: dict[str, Any]) -> Found | None:
    if not answer["features"]:
        return None
    feature = answer["features"][0]
    facts = feature["properties"]
    lon, lat = feature["geometry"]["coordinates"]
    return Found(
        float(lon), float(lat), str(facts["label"]), facts.get("citycode"), str(facts.get("postcode", "")),
        float(facts["score"]), str(facts["type"]), "geocoder",
    )  # fmt: skip


async def _in_addresses(db: AsyncSession, query: str, postcode: str, commune_code: str | None) -> Found | None:
    row = (
        await db.execute(
            text(
                "SELECT shown, commune_code, postcode, ST_X(point) AS lon, ST_Y(point) AS lat, similarity(plain_text(:q), label) AS score "
                "FROM addresses WHERE label % plain_text(:q) AND (:postcode = '' OR postcode = :postcode) "
                "AND (CAST(:commune AS text) IS NULL OR commune_code = :commune) ORDER BY score DESC, shown LIMIT 1"
            ),
            {"q": query[:200], "postcode": postcode, "commune": commune_code},
        )
    ).one_or_none()
    if row is None or row.score < 0.45:
        return None
    # A house number that differs is the right street, not the right door.
    same_number = _leading_number(query) == _leading_number(row.shown)
    precision = "housenumber" if same_number else "street"
    return Found(
        row.lon,
        row.lat,
        row.shown,
        row.commune_code,
        row.postcode,
        round(float(row.score), 3),
        precision,
        "address_base",
    )


def _leading_number(value: str) -> str:
    first = value.split(" ", 1)[0]
    return first if first[:1].isdigit() else ""


async def _commune(db: AsyncSession, query: str, postcode: str, commune_code: str | None) -> Found | None:
    """The middle of the commune, with a score that asks for a pin."""
    row = (
        await db.execute(
            text(
                "SELECT code, name, ST_X(ST_PointOnSurface(outline)) AS lon, ST_Y(ST_PointOnSurface(outline)) AS lat FROM communes "
                "WHERE outline IS NOT NULL AND ((CAST(:commune AS text) IS NOT NULL AND code = :commune) "
                "OR (CAST(:commune AS text) IS NULL AND (:postcode = '' OR postcodes LIKE '%' || :postcode || '%') "
                "    AND strict_word_similarity(plain_text(name), plain_text(:q)) > 0.8)) "
                "ORDER BY strict_word_similarity(plain_text(name), plain_text(:q)) DESC, population DESC NULLS LAST LIMIT 1"
            ),
            {"q": query[:200], "postcode": postcode, "commune": commune_code},
        )
    ).one_or_none()
    if row is None:
        return None
    return Found(row.lon, row.lat, row.name, row.code, postcode, 0.2, "municipality", "commune")
