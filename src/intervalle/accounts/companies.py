"""The public register of companies (recherche-entreprises): what it says of a SIRET, to fill a form with.

Open, without a key; 7 requests a second per address and a 429 with Retry-After beyond. A query of exactly 9 or 14
digits is a direct look-up that ignores every filter: the answer is compared with what was asked. Units that asked not
to be published are absent: « not found » is not « does not exist ». Nothing here raises for the network.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intervalle.settings import settings

if TYPE_CHECKING:
    import httpx

TIMEOUT = 3.0
PAUSE = 60.0  # after a failure nobody waits twice for the same silence
SPACING = 1 / 7
_silent_until = 0.0
_next_turn = 0.0

# Legal categories (Insee) by their first figures, the longest first: what a reader calls them.
FORMS = (
    ("5458", "SCOP (SARL)"), ("5558", "SCOP (SA)"), ("5460", "SCIC ou coopérative (SARL)"), ("5560", "SCIC ou coopérative (SA)"),
    ("9210", "Association non déclarée"), ("9220", "Association"), ("9221", "Association d’insertion"),
    ("9222", "Association intermédiaire"), ("9230", "Association reconnue d’utilité publique"), ("9260", "Association de droit local"),
    ("9300", "Fondation"), ("8210", "Mutuelle"), ("5710", "SAS"), ("5499", "SARL"), ("92", "Association"), ("93", "Fondation"),
    ("82", "Mutuelle"), ("57", "SAS"), ("54", "SARL"), ("55", "SA"), ("72", "Collectivité territoriale"), ("73", "Établissement public"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """What the register says. `ess`: it counts the unit in the social economy; that is a hint, never a proof."""

    siret: str
    name: str
    legal_form: str
    address: str
    commune_code: str
    rna: str
    ess: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One of: found (with `company`), unknown, unreachable, off (no address in the settings)."""

    state: str
    company: Company | None = None


async def look_up(siret: str, *, transport: "httpx.AsyncBaseTransport | None" = None) -> Answer:
    """Ask for fourteen digits whose key is already checked."""
    url = settings().companies_url
    if not url and transport is None:
        return Answer("off")
    if transport is None and time.monotonic() < _silent_until:
        return Answer("unreachable")
    await _turn()
    import httpx

    try:
        async with httpx.AsyncClient(
            transport=transport, timeout=TIMEOUT, headers={"User-Agent": "Intervalle"}
        ) as http:
            answer = await http.get(
                f"{url or 'https://registre.example'}/search",
                params={"q": siret, "minimal": "true", "include": "siege,complements,matching_etablissements"},
            )
        if answer.status_code == 429:
            _be_quiet(_seconds(answer.headers.get("Retry-After", "")))
            return Answer("unreachable")
        answer.raise_for_status()
        return read(siret, answer.json())
    except (httpx.HTTPError, ValueError):
        _be_quiet(PAUSE)
        return Answer("unreachable")


def read(siret: str, answer: Any) -> Answer:
    """The unit of this SIRET in an answer of the service; another unit is no answer."""
    results = answer.get("results") if isinstance(answer, dict) else None
    for unit in results if isinstance(results, list) else []:
        if isinstance(unit, dict) and str(unit.get("siren", "")) == siret[:9]:
            return Answer("found", _company(siret, unit))
    return Answer("unknown")


def _company(siret: str, unit: dict[str, Any]) -> Company:
    seat = unit.get("siege") or {}
    places = [place for place in [seat, *(unit.get("matching_etablissements") or [])] if place.get("siret") == siret]
    place = places[0] if places else {}
    more = unit.get("complements") or {}
    state = place.get("etat_administratif") or unit.get("etat_administratif")
    return Company(
        siret=siret,
        name=_words(unit.get("nom_raison_sociale") or unit.get("nom_complet")),
        legal_form=form_of(str(unit.get("nature_juridique") or "")),
        address=_words(place.get("adresse")),
        commune_code=_words(place.get("commune") or place.get("code_commune")),
        rna=_words(more.get("identifiant_association")),
        ess=more.get("est_ess") is True,
        closed=state in ("C", "F"),
    )


def _words(value: Any) -> str:
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


def form_of(category: str) -> str:
    return next((label for stem, label in FORMS if category.startswith(stem)), "")


def _seconds(text: str) -> float:
    return min(float(text), 3600.0) if text.isdigit() else PAUSE


def _be_quiet(seconds: float) -> None:
    global _silent_until
    _silent_until = time.monotonic() + seconds


async def _turn() -> None:
    """One request every seventh of a second, in the order they came."""
    global _next_turn
    start = max(time.monotonic(), _next_turn)
    _next_turn = start + SPACING
    await asyncio.sleep(max(0.0, start - time.monotonic()))
