"""What was asked of the list, understood and said back: a place's name, an address, and each filter with its way out."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import i18n
from intervalle.i18n import N_, _
from intervalle.territory import geocoding
from premises import facets
from premises.facts import TitleCode
from premises.filters import STATES as WORDS
from premises.filters import Filters
from premises.forms import ERP_TYPES, KINDS

STATES = {
    "vacant": N_("Vacant"), "call": N_("Appel ouvert"), "selection": N_("Sélection en cours"), "awarded": N_("Attribué"),
    "occupied": N_("Occupé"), "soon": N_("Occupé, libre d’ici six mois"), "works": N_("Travaux ou démolition"),
}  # fmt: skip
ORDERS = {
    "recent": N_("Les plus récents"), "petits": N_("Les plus petits"), "surface": N_("Les plus grands"),
    "loyer": N_("Le loyer le plus bas"), "distance": N_("Les plus proches"),
}  # fmt: skip
LEVELS = {
    "commune": N_("commune"), "intercommunalité": N_("intercommunalité"), "département": N_("département"), "région": N_("région"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """`where`: the name of the place the list is in. `others`: (label, address) of places of the same name.

    `unknown`: what was typed and could not be found, with the sentence that says so.
    """

    filters: Filters
    where: str = ""
    others: tuple[tuple[str, str], ...] = ()
    unknown: str = ""


async def understand(db: AsyncSession, filters: Filters) -> Asked:
    """The place and the address typed, looked up; what is not found is said, and the rest of the question stands."""
    unknown, others = "", []
    if filters.place:
        known = await facets.named(db, filters.place)
        if known:
            others = [
                (f"{name} ({_(LEVELS[level])})", filters.without(where=code, place="").query_string())
                for code, name, level in known[1:]
            ]
            filters = replace(filters, where=known[0][0], place="")
        else:
            unknown = _("Aucune commune, intercommunalité, département ou région ne s’appelle « %(name)s ».", name=filters.place)  # fmt: skip
    if filters.around and filters.near is None:
        found = await geocoding.geocode(db, filters.around)
        if found:
            sort = "distance" if filters.sort == "recent" else filters.sort
            filters = replace(filters, near=(round(found.lon, 5), round(found.lat, 5)), sort=sort)
        else:
            unknown = _("L’adresse « %(address)s » n’a pas été trouvée : ajoutez la commune, ou cherchez autour d’une autre.", address=filters.around)  # fmt: skip
    if filters.within and not filters.around and filters.near is None:
        unknown = _("Donnez aussi l’adresse autour de laquelle chercher.")
    where = await facets.name_of(db, filters.where) if filters.where else ""
    return Asked(filters, where, tuple(others), unknown)


def _around(filters: Filters) -> str:
    where = filters.around or _("ce point")
    if filters.within:
        return _("À moins de %(n)s m de %(place)s", n=i18n.number(filters.within), place=where)
    return _("Autour de %(address)s", address=where)


def chips(filters: Filters, where: str) -> list[tuple[str, str]]:
    """(what is asked, the address of the list without it), in the order of the form."""
    kinds, erp = dict(KINDS), dict(ERP_TYPES)
    titles = {t.value: t.label for t in TitleCode}
    qpv = {
        "oui": _("En QPV"), "hors": _("Hors QPV"), "inconnu": _("QPV indéterminé"),
        "proche": _("À moins de %(n)s m d’un QPV", n=i18n.number(filters.radius)),
    }  # fmt: skip
    flags = [
        ("ground_floor", _("Rez-de-chaussée")), ("call", _("Appel ouvert")), ("free", _("Libre aujourd’hui")), ("erp5", _("ERP 5ᵉ")),
        ("step_free", _("Accessible PMR")), ("divisible", _("Divisible")), ("shareable", _("Partage par demi-journées")),
    ]  # fmt: skip
    found: list[tuple[str, dict[str, Any], bool]] = [
        (f"« {filters.q} »", {"q": ""}, bool(filters.q)),
        (f"{filters.area}\u00a0m²", {"area": "", "low": None, "high": None}, bool(filters.area)),
        (where, {"where": ""}, bool(filters.where)),
        (_around(filters), {"around": "", "near": None, "within": None, "sort": "recent"}, filters.near is not None),
        (qpv.get(filters.qpv, ""), {"qpv": ""}, bool(filters.qpv)),
        *[(label, {name: False}, bool(getattr(filters, name))) for name, label in flags],
        (_(kinds.get(filters.kind, "")) if filters.kind else "", {"kind": ""}, bool(filters.kind)),
        (_(STATES[filters.state]) if filters.state else "", {"state": ""}, bool(filters.state)),
        (_(titles.get(filters.title, filters.title)) if filters.title else "", {"title": ""}, bool(filters.title)),
        (_("ERP %(type)s", type=_(erp.get(filters.erp, filters.erp))) if filters.erp else "", {"erp": ""}, bool(filters.erp)),
        (_("Loyer : %(amount)s/m²/an au plus", amount=i18n.money(filters.rent or 0)), {"rent": None}, filters.rent is not None),
        (_("Charges : %(amount)s/m²/an au plus", amount=i18n.money(filters.charges or 0)), {"charges": None}, filters.charges is not None),
        (_("Libre à partir du %(day)s", day=i18n.day(filters.start) if filters.start else ""), {"start": None}, filters.start is not None),
        (_("Libre jusqu’au %(day)s", day=i18n.day(filters.end) if filters.end else ""), {"end": None}, filters.end is not None),
        (_("Dans la zone de la carte"), {"bbox": None}, filters.bbox is not None),
    ]  # fmt: skip
    return [(text, filters.without(**changed).query_string()) for text, changed, on in found if on]


__all__ = ["ORDERS", "STATES", "WORDS", "Asked", "chips", "understand"]
