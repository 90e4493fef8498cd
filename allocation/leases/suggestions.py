"""Which title could fit: a suggestion with its reason, never a decision. Pure (rules.md 2.6)."""

from dataclasses import dataclass

from premises.facts import Domain, OwnerKind, TitleCode

DISCLAIMER = "Ceci est une suggestion, pas une décision : le choix du titre revient au propriétaire et à son conseil."


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known when one wonders which title to use. Lengths in whole months; None when open-ended."""

    domain: Domain
    owner: OwnerKind
    months: int | None
    economic: bool
    commercial: bool = False
    liberal: bool = False
    free_of_charge: bool = False
    external_circumstance: bool = False
    real_rights: bool = False
    micro_enterprise: bool = False
    tenant_builds: bool = False
    housing_protection: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title, the overlay to add if any, and why."""

    code: TitleCode
    reason_fr: str
    overlay: TitleCode | None = None
    disclaimer_fr: str = DISCLAIMER


def suggest(facts: Situation) -> list[Suggestion]:
    """Titles worth examining, the first one first. Never empty."""
    if facts.housing_protection:
        return [Suggestion(TitleCode.RES_TEMP, "Des résidents protègent un bâtiment vide, par un organisme agréé.")]
    if facts.domain is Domain.PUBLIC:
        return _on_public_domain(facts)
    if facts.months is not None and facts.months <= 36:
        return [_short(facts)]
    if facts.owner is OwnerKind.OFS and facts.micro_enterprise and (facts.months or 0) >= 144:
        return [
            Suggestion(TitleCode.BRSA, "Un organisme de foncier solidaire loue à une micro-entreprise, 12 à 99 ans.")
        ]
    if facts.months is not None and facts.months <= 216:
        return [_medium(facts)]
    return _long(facts)


def _on_public_domain(facts: Situation) -> list[Suggestion]:
    if facts.real_rights:
        return [
            Suggestion(TitleCode.AOT_DR, "Un investissement lourd sur le domaine public demande des droits réels."),
            Suggestion(
                TitleCode.BEA,
                "Une collectivité peut aussi consentir un bail emphytéotique d’intérêt général.",
            ),
        ]
    if facts.economic:
        return [Suggestion(TitleCode.AOT, "Domaine public et activité économique : une sélection préalable est due.")]
    return [Suggestion(TitleCode.AOT, "Le domaine public ne s’occupe que par un titre temporaire et révocable.")]


def _short(facts: Situation) -> Suggestion:
    if facts.external_circumstance:
        return Suggestion(TitleCode.COP, "Un événement extérieur et documenté met fin à l’occupation.")
    if facts.commercial or facts.economic:
        return Suggestion(TitleCode.BAIL_DEROG, "Activité économique pour 36 mois au plus, sans événement extérieur.")
    if facts.free_of_charge:
        return Suggestion(TitleCode.PRET_USAGE, "Aucun loyer n’est demandé : le prêt à usage est gratuit par nature.")
    return Suggestion(TitleCode.BAIL_CIVIL, "Occupation courte, payante, sans activité économique.")


def _medium(facts: Situation) -> Suggestion:
    """Three to eighteen years. A commercial lease still lasts nine, with a way out every three."""
    if facts.commercial:
        return Suggestion(
            TitleCode.BAIL_COM, "Activité commerciale durable : le statut protège le preneur.", TitleCode.BCUS
        )
    if facts.liberal:
        return Suggestion(TitleCode.BAIL_PRO, "Usage professionnel non commercial : six ans au moins.")
    return Suggestion(TitleCode.BAIL_CIVIL, "Association sans fonds de commerce, sur plusieurs années.", TitleCode.BCUS)


def _long(facts: Situation) -> list[Suggestion]:
    if facts.tenant_builds:
        return [Suggestion(TitleCode.BAIL_CONSTR, "Le preneur s’engage à construire, 18 à 99 ans.")]
    if facts.owner in {OwnerKind.COMMUNE, OwnerKind.INTERCOMMUNAL, OwnerKind.DEPARTEMENT, OwnerKind.REGION}:
        return [
            Suggestion(TitleCode.BEA, "Une collectivité confie un bien pour une opération d’intérêt général."),
            Suggestion(TitleCode.BAIL_EMPH, "Plus de 18 ans sur le domaine privé."),
        ]
    return [Suggestion(TitleCode.BAIL_EMPH, "Plus de 18 ans, avec un droit réel pour le preneur.")]
