"""Clauses and annexes every title must carry (checklist of the contract). Pure.

A missing clause refuses activation; a missing annex asks for a justification.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from intervalle import parameters
from intervalle.verdicts import Level, Rule, Source, Verdict
from premises.facts import TitleCode


@dataclass(frozen=True, slots=True)
class Clause:
    """One item of the checklist, with the text that asks for it."""

    code: str
    text_fr: str
    article: str
    source: Source
    level: Level = Level.BLOCK


def _core(code: str, text: str) -> Clause:
    return Clause(code, text, "C. civ. art. 1709 à 1741", Source.OWN_HIGH)


CORE = (
    _core("parties", "Les parties, leur SIREN ou RNA, et le pouvoir de chaque signataire"),
    _core("lot", "Le lot exact : adresse, parcelle, surface, plan"),
    _core("destination", "La destination et les usages autorisés"),
    _core("term", "Le début, la fin, et l’événement qui met fin au titre"),
    _core("money", "Le loyer, les charges, le dépôt de garantie, l’indexation"),
    _core("inspections", "Les états des lieux d’entrée et de sortie"),
    _core("works", "Les travaux et leur sort en fin de titre"),
    _core("insurance", "L’assurance : responsabilité de l’occupant, multirisque, renonciation à recours"),
    _core("erp", "Les obligations liées à l’accueil du public (ERP)"),
    _core("suboccupation", "La sous-occupation, permise ou interdite"),
    _core("termination", "La résiliation et ses préavis"),
    _core("exit", "La sortie des lieux et la suite du parcours immobilier"),
    _core("data", "L’information sur les données personnelles"),
    _core("court", "Le tribunal compétent"),
)

_PROPERTY_TAX = "CGI art. 1400 II"
_REAL_RIGHT = (
    Clause(
        "deed",
        "Acte authentique et publication au fichier immobilier",
        "C. rural art. L451-1",
        Source.OWN_HIGH,
    ),
    Clause("no_tacit", "Absence de reconduction tacite", "C. rural art. L451-1", Source.LAW_OLD),
    Clause("property_tax", "Taxe foncière due par le preneur", _PROPERTY_TAX, Source.LAW_OLD),
    Clause("unpaid", "Résolution après deux ans d’impayés", "C. rural art. L451-5", Source.LAW_OLD),
    Clause("improvements", "Améliorations acquises sans indemnité", "C. rural art. L451-7", Source.LAW_OLD),
)

EXTRA: dict[TitleCode, tuple[Clause, ...]] = {
    TitleCode.AOT: (
        Clause("precarious", "Caractère précaire et révocable", "CG3P art. L2122-3", Source.LAW_2026),
        Clause("personal", "Titre personnel, cession soumise à accord", "CG3P art. L2122-1", Source.LAW_2026),
        Clause("fee_method", "Méthode de calcul de la redevance", "CG3P art. L2125-3", Source.LAW_2026),
        Clause("duration_reason", "Justification de la durée", "CG3P art. L2122-2", Source.LAW_2026),
        Clause("withdrawal", "Indemnité en cas de retrait anticipé", "CG3P art. L2122-9", Source.LAW_2026),
        Clause("works_fate", "Sort des ouvrages en fin de titre", "CG3P art. L2122-9", Source.LAW_2026),
        Clause("no_commercial", "Exclusion du statut des baux commerciaux", "CG3P art. L2122-3", Source.OWN_HIGH),
    ),
    TitleCode.COP: (
        Clause("circumstance", "Circonstances particulières décrites", "C. com. art. L145-5-1", Source.LAW_OLD),
        Clause("evidence", "Pièce qui prouve ces circonstances", "C. com. art. L145-5-1", Source.LAW_OLD),
        Clause("end_event", "Événement prévisible de fin", "C. com. art. L145-5-1", Source.LAW_OLD),
        Clause("no_commercial", "Absence de droit au statut commercial", "C. com. art. L145-5-1", Source.LAW_OLD),
        Clause("short_notice", "Préavis court", "C. com. art. L145-5-1", Source.OWN_HIGH),
    ),
    TitleCode.BAIL_DEROG: (
        Clause("derogation", "Dérogation expresse au statut", "C. com. art. L145-5", Source.LAW_OLD),
        Clause("total", "Durée totale des baux successifs", "C. com. art. L145-5", Source.LAW_OLD),
        Clause("inspection_in", "État des lieux annexé", "C. com. art. L145-5 al. 5", Source.LAW_OLD),
    ),
    TitleCode.BAIL_COM: (
        Clause("inspection_in", "État des lieux d’entrée", "C. com. art. L145-40-1", Source.LAW_OLD),
        Clause("charges", "Inventaire précis des charges et impôts", "C. com. art. L145-40-2", Source.LAW_OLD),
        Clause("works_3y", "État triennal des travaux", "C. com. art. L145-40-2", Source.LAW_OLD),
        Clause("structural", "Gros œuvre à la charge du bailleur", "C. com. art. R145-35", Source.OWN_HIGH),
        Clause("deposit", "Dépôt de plus de deux termes : intérêts", "C. com. art. L145-40", Source.LAW_OLD),
        Clause(
            "cancellation",
            "Clause résolutoire, un mois après commandement",
            "C. com. art. L145-41",
            Source.LAW_OLD,
        ),
        Clause("renewal", "Aucune clause contraire au renouvellement", "C. com. art. L145-15", Source.LAW_OLD),
    ),
    TitleCode.BCUS: (
        Clause("base_title", "Titre de base du bail d’utilité sociale", "Pratique du BCUS", Source.ESS_GUIDE),
        Clause(
            "indicators",
            "Indicateurs : unité, départ, cible, preuve, rythme",
            "Pratique du BCUS",
            Source.ESS_GUIDE,
        ),
        Clause("relief", "Formule de la remise de loyer", "Pratique du BCUS", Source.ESS_GUIDE),
        Clause("committee", "Comité de suivi", "Pratique du BCUS", Source.ESS_GUIDE),
        Clause("missed", "Effet d’une cible manquée", "Pratique du BCUS", Source.ESS_GUIDE),
    ),
    TitleCode.BRSA: (
        Clause(
            "reproduction",
            "Reproduction des articles L256-1 à L256-3",
            "CCH art. L256-1 s.",
            Source.BRSA_TEXTS,
        ),
        Clause("no_sublet", "Ni cession ni sous-location par l’occupant", "CCH art. L256-1 s.", Source.BRSA_TEXTS),
        Clause("ends_with", "Fin avec le bail réel solidaire", "CCH art. L256-1 s.", Source.BRSA_TEXTS),
        Clause("publicity", "Publicité de deux mois au moins", "Décret 2024-838", Source.BRSA_TEXTS),
    ),
    TitleCode.BAIL_EMPH: _REAL_RIGHT,
    TitleCode.BEA: _REAL_RIGHT,
    TitleCode.BAIL_CONSTR: _REAL_RIGHT,
    TitleCode.RES_TEMP: (
        Clause("approval", "Numéro d’agrément de l’organisme", "Loi 2018-1021 art. 29", Source.ELAN),
        Clause("owner_body", "Convention entre propriétaire et organisme", "Loi 2018-1021 art. 29", Source.ELAN),
        Clause("residence", "Contrats de résidence temporaire", "Loi 2018-1021 art. 29", Source.ELAN),
    ),
}

LEASES = frozenset(
    {
        TitleCode.BAIL_DEROG, TitleCode.BAIL_COM, TitleCode.BAIL_PRO, TitleCode.BAIL_CIVIL,
        TitleCode.BAIL_EMPH,
        TitleCode.BEA, TitleCode.BAIL_CONSTR, TitleCode.BRSA, TitleCode.SOUS_LOC,
    }
)  # fmt: skip

_ENV = "C. env. art. L125-5"
DPE = Clause("dpe", "Diagnostic de performance énergétique", "CCH art. L126-26 s.", Source.OWN_HIGH, Level.WARN)
RISKS = Clause("risks", "État des risques", _ENV, Source.OWN_HIGH, Level.WARN)
ASBESTOS = Clause("asbestos", "Dossier amiante", "CSP art. R1334-14 s.", Source.OWN_HIGH, Level.WARN)
GREEN = Clause("green", "Annexe environnementale", "C. env. art. L125-9", Source.OWN_HIGH, Level.WARN)


def required(code: TitleCode, base: TitleCode | None = None) -> tuple[Clause, ...]:
    """Clauses of a title; a social-utility overlay adds those of the title it rests on."""
    rows = (*CORE, *EXTRA.get(code, ()), *(EXTRA.get(base, ()) if base else ()))
    return tuple({clause.code: clause for clause in rows}.values())


def annexes(code: TitleCode, signed: date, area: Decimal, permit: date | None) -> tuple[Clause, ...]:
    """Annexes a lease needs: asbestos when the permit is old or unknown, the green annex when large."""
    if code not in LEASES:
        return ()
    old = permit is None or permit < parameters.day_of("annex.asbestos_before", signed)
    large = area > parameters.whole("annex.green_above_m2", signed)
    return (DPE, RISKS, *((ASBESTOS,) if old else ()), *((GREEN,) if large else ()))


def missing(wanted: tuple[Clause, ...], present: frozenset[str]) -> list[Verdict]:
    """One verdict per item of the checklist that the contract does not have."""
    return [_missing(clause) for clause in wanted if clause.code not in present]


def _missing(clause: Clause) -> Verdict:
    rule = Rule(f"CLAUSE-{clause.code}", clause.text_fr, clause.article, clause.source)
    if clause.level is Level.WARN:
        return rule.warn(f"Annexe manquante : {clause.text_fr}.", "Joignez-la, ou écrivez pourquoi elle n’est pas due.")
    return rule.block(f"Clause manquante : {clause.text_fr}.", "Complétez le contrat avant de l’activer.")
