"""Publicity and competition: what a call, or an occupation granted without one, must respect. Pure.

OCC-04 to OCC-08 (CG3P) and AMI-01, AMI-02. The lease rules use the same functions, so that a call and
the title it leads to are judged alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from intervalle import parameters
from intervalle.i18n import _, day, ngettext
from intervalle.labelled import Labelled
from intervalle.months import add_months
from intervalle.verdicts import Rule, Source, Verdict, in_order
from premises.facts import Domain, TitleCode


class Procedure(Labelled):
    """What was done before granting an occupation."""

    NONE = "none", "Aucune publicité"
    PUBLICITY = "publicity", "Publicité sans comparaison des candidatures"
    SELECTION = "selection", "Procédure de sélection publiée (appel)"


class Exemption(Labelled):
    """Grounds for granting an economic occupation of public domain without a selection."""

    SAME_PROCEDURE = "MEME_PROCEDURE", "Titre compris dans une procédure déjà mise en concurrence"
    PUBLIC_CONTRACT = "COMMANDE_PUBLIQUE", "Titre délivré avec un contrat de la commande publique"
    URGENCY = "URGENCE", "Urgence"
    EXTENSION = "PROLONGATION", "Prolongation d’une autorisation existante"
    SINGLE_OCCUPANT = "SEUL_OCCUPANT", "Une seule personne en droit d’occuper"
    CONTROLLED_BODY = "ENTITE_CONTROLEE", "Entité sous surveillance directe ou contrôle étroit"
    FRUITLESS = "INFRUCTUEUX", "Première procédure infructueuse"
    CHARACTERISTICS = "CARACTERISTIQUES", "Caractéristiques particulières de la dépendance"
    SECURITY = "SECURITE", "Exigences de sécurité publique"


EXEMPTION_ARTICLES = {
    Exemption.SAME_PROCEDURE: "CG3P art. L2122-1-2 1°",
    Exemption.PUBLIC_CONTRACT: "CG3P art. L2122-1-2 2°",
    Exemption.URGENCY: "CG3P art. L2122-1-2 3°",
    Exemption.EXTENSION: "CG3P art. L2122-1-2 4°",
    Exemption.SINGLE_OCCUPANT: "CG3P art. L2122-1-3 1°",
    Exemption.CONTROLLED_BODY: "CG3P art. L2122-1-3 2°",
    Exemption.FRUITLESS: "CG3P art. L2122-1-3 3°",
    Exemption.CHARACTERISTICS: "CG3P art. L2122-1-3 4°",
    Exemption.SECURITY: "CG3P art. L2122-1-3 5°",
}
TO_BE_PUBLISHED = frozenset(code for code, article in EXEMPTION_ARTICLES.items() if "L2122-1-3" in article)
PUBLIC_TITLES = frozenset({TitleCode.AOT, TitleCode.AOT_DR})

OCC_04 = Rule("OCC-04", "Sélection préalable sur le domaine public", "CG3P art. L2122-1-1", Source.LAW_2026)
OCC_05 = Rule("OCC-05", "Dispense de sélection", "CG3P art. L2122-1-2 et L2122-1-3", Source.LAW_2026)
OCC_06 = Rule("OCC-06", "Publicité seule", "CG3P art. L2122-1-1 al. 2", Source.LAW_2026)
OCC_07 = Rule("OCC-07", "Proposition spontanée", "CG3P art. L2122-1-4", Source.LAW_2026)
OCC_08 = Rule("OCC-08", "Domaine privé : pas de mise en concurrence obligatoire",
              "CE 2 décembre 2022, Biarritz, n° 460100", Source.CASE_LAW)  # fmt: skip
AMI_01 = Rule("AMI-01", "Grille complète et figée", "CAA Bordeaux 15 juin 2023, n° 21BX02210", Source.CASE_LAW)
AMI_02 = Rule("AMI-02", "Durée de publication", "Règle d’Intervalle", Source.PRODUCT)
AMI_02_BRSA = Rule("AMI-02", "Durée de publication d’un BRSA", "Décret 2024-838", Source.BRSA_TEXTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publicity:
    """How an occupation was, or will be, made public. Dates as [start, end)."""

    domain: Domain
    title: TitleCode
    economic: bool
    start: date
    end: date | None
    procedure: Procedure = Procedure.NONE
    exemption: Exemption | None = None
    statement_url: str = ""
    statement_published_on: date | None = None
    short_or_unlimited: bool = False
    spontaneous: bool = False
    interest_checked_on: date | None = None  # publicity that revealed no competing interest


def selection_due(facts: Publicity) -> Verdict | None:
    """OCC-04: economic occupation of public domain needs a selection, or an exemption, or OCC-06."""
    if facts.title not in PUBLIC_TITLES or not facts.economic or facts.domain is not Domain.PUBLIC:
        return None
    if facts.procedure is Procedure.SELECTION or facts.exemption or _publicity_is_enough(facts):
        return None
    if facts.spontaneous and facts.interest_checked_on:
        return None  # OCC-07 replaces the selection when nobody else came forward
    return OCC_04.block(
        _("Une activité économique sur le domaine public demande une procédure de sélection publiée."),
        _("Publiez un appel, ou indiquez la dispense qui s’applique avec sa justification."),
    )


def _publicity_is_enough(facts: Publicity) -> bool:
    return facts.short_or_unlimited and facts.procedure is Procedure.PUBLICITY


def exemption_justified(facts: Publicity) -> Verdict | None:
    """OCC-05: urgency lasts twelve months at most; the grounds of L2122-1-3 are published with their reasons."""
    if facts.exemption is None:
        return None
    if facts.exemption is Exemption.URGENCY and _outlasts_urgency(facts):
        months = parameters.whole("aot.urgency_max_months", facts.start)
        return OCC_05.block(
            _("Un titre accordé en urgence ne peut pas dépasser %(n)s mois.", n=months),
            _("Réduisez la durée, ou publiez une procédure de sélection."),
        )
    if facts.exemption in TO_BE_PUBLISHED and not (facts.statement_url and facts.statement_published_on):
        return OCC_05.block(
            _(
                "La dispense « %(exemption)s » (%(article)s) demande de publier "
                "les considérations de droit et de fait qui la justifient.",
                exemption=_(facts.exemption.label),
                article=EXEMPTION_ARTICLES[facts.exemption],
            ),
            _("Indiquez l’adresse et la date de cette publication."),
        )
    return None


def _outlasts_urgency(facts: Publicity) -> bool:
    months = parameters.whole("aot.urgency_max_months", facts.start)
    return facts.end is None or facts.end > add_months(facts.start, months)


def publicity_only(facts: Publicity) -> Verdict | None:
    """OCC-06: short titles, or as many as wanted, need publicity only. The law gives no number of months."""
    if facts.domain is not Domain.PUBLIC or not facts.economic or not facts.short_or_unlimited:
        return None
    return OCC_06.info(
        _("Occupation de courte durée ou autorisations en nombre non limité : une simple publicité suffit."),
        _("Gardez la preuve de la publicité et de sa date."),
    )


def spontaneous_proposal(facts: Publicity) -> Verdict | None:
    """OCC-07: a spontaneous proposal needs publicity that shows nobody else is interested."""
    if facts.domain is not Domain.PUBLIC or not facts.spontaneous or facts.interest_checked_on:
        return None
    return OCC_07.block(
        _("Une proposition spontanée ne peut être acceptée qu’après une publicité suffisante."),
        _("Publiez la proposition, puis enregistrez la date de cette publicité et les intérêts manifestés."),
    )


def no_competition_due(facts: Publicity) -> Verdict | None:
    """OCC-08: private domain and private owners owe no competition; the product publishes all the same."""
    if facts.domain is Domain.PUBLIC:
        return None
    return OCC_08.info(
        _("Hors du domaine public, aucune mise en concurrence n’est imposée ; Intervalle publie l’appel par défaut.")
    )


PUBLICITY_RULES = (selection_due, exemption_justified, publicity_only, spontaneous_proposal, no_competition_due)


def judge_publicity(facts: Publicity) -> list[Verdict]:
    """Every publicity rule at once, gravest first."""
    return in_order(verdict for rule in PUBLICITY_RULES if (verdict := rule(facts)))


def grid_complete(weights: Sequence[int]) -> Verdict | None:
    """AMI-01: the weights of the published grid add up to exactly 100."""
    total = sum(weights)
    if total == 100:
        return None
    return AMI_01.block(
        _("Les poids des critères font %(total)s au total : il faut exactement 100.", total=total),
        _("Corrigez les poids avant de publier la grille."),
    )


def change_after_opening(*, new_version: bool, extended: bool, candidates_told: bool) -> Verdict | None:
    """AMI-01: a change after opening is a new version, with more time, told to every candidate."""
    lacking = [
        words
        for words, done in (
            (_("une nouvelle version"), new_version),
            (_("une prolongation du délai"), extended),
            (_("l’information de tous les candidats"), candidates_told),
        )
        if not done
    ]
    if not lacking:
        return None
    return AMI_01.block(
        _("L’appel est ouvert, sa grille est figée : la modifier demande %(what)s.", what=_listed(lacking)),
        _("Créez une nouvelle version de l’appel, prolongez-le et prévenez les candidats."),
    )


def _listed(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return _("%(first)s et %(last)s", first=", ".join(words[:-1]), last=words[-1])


def publication_length(title: TitleCode, opens: date, closes: date, short_reason: str = "") -> Verdict | None:
    """AMI-02: 30 days by default, a reason under 15, and two months for a BRSA. `closes` is the day of closing."""
    if title is TitleCode.BRSA:
        return _brsa_publication(opens, closes)
    days = (closes - opens).days
    usual = parameters.whole("call.days_default", opens)
    if days >= usual:
        return None
    least = parameters.whole("call.days_min", opens)
    if days < least and not short_reason.strip():
        return AMI_02.warn(
            ngettext(
                "L’appel n’est publié que %(n)s jour : moins de %(least)s jours demande un motif écrit.",
                "L’appel n’est publié que %(n)s jours : moins de %(least)s jours demande un motif écrit.",
                days,
                least=least,
            ),
            _("Reportez la date limite, ou écrivez le motif de ce délai court."),
        )
    said = ngettext(
        "L’appel est publié %(n)s jour, moins que les %(usual)s jours habituels.",
        "L’appel est publié %(n)s jours, moins que les %(usual)s jours habituels.",
        days, usual=usual,
    )  # fmt: skip
    return AMI_02.info(said)


def _brsa_publication(opens: date, closes: date) -> Verdict | None:
    earliest = add_months(opens, parameters.whole("brsa.publicity_months", opens))
    if closes >= earliest:
        return None
    return AMI_02_BRSA.block(
        _("Un bail réel solidaire d’activité demande deux mois de publicité au moins."),
        _("Reportez la date limite au %(day)s ou plus tard.", day=day(earliest)),
        due=earliest,
    )
