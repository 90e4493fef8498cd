"""What stands between a draft and an open call: completeness, legality, and what the offered title supposes. Pure.

Rules of publicity are in `legality.py`. Here are the ones that need the whole draft: OCC-02 and OCC-03 (title and
domain), OCC-16 (what makes a precarious agreement precarious), the titles a lot allows, and the order of the dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from calls import legality
from calls.legality import Exemption, Procedure, Publicity
from intervalle.clock import PARIS
from intervalle.i18n import _, day, ngettext
from intervalle.verdicts import Rule, Source, Verdict, in_order
from premises.facts import Domain, TitleCode

NEVER_ON_PUBLIC = frozenset(
    {
        TitleCode.BAIL_COM, TitleCode.BAIL_DEROG, TitleCode.BAIL_PRO, TitleCode.BAIL_CIVIL, TitleCode.BAIL_EMPH,
        TitleCode.BRSA, TitleCode.PRET_USAGE, TitleCode.COP,
    }
)  # fmt: skip

OCC_02 = Rule(
    "OCC-02", "Pas de bail de droit privé sur le domaine public", "CG3P art. L3111-1 et L2122-1", Source.OWN_HIGH
)
OCC_03 = Rule("OCC-03", "Occupation du domaine public", "CG3P art. L2122-1", Source.LAW_2026)
OCC_16 = Rule("OCC-16", "Circonstances d’une convention précaire", "C. com. art. L145-5-1", Source.LAW_OLD)
DRAFT = Rule("APPEL-01", "Appel complet", "Règle d’Intervalle", Source.PRODUCT)
DATES = Rule("APPEL-02", "Dates dans l’ordre", "Règle d’Intervalle", Source.PRODUCT)
TITLES = Rule("APPEL-03", "Titres permis par le propriétaire", "Règle d’Intervalle", Source.PRODUCT)
DIRECT = Rule("APPEL-06", "Attribution directe motivée", "Règle d’Intervalle", Source.PRODUCT)
VISITS = Rule("APPEL-05", "Visites possibles", "Règle d’Intervalle", Source.PRODUCT)
LOTS = Rule("APPEL-04", "Lots disponibles sur la période", "Règle d’Intervalle", Source.PRODUCT)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLot:
    """One lot of the draft. `available` is [start, end), end None when open."""

    label: str
    domain: Domain
    titles: Sequence[str] = ()
    available_from: date | None = None
    available_until: date | None = None
    published: bool = True
    area: Decimal | None = None
    title: TitleCode | None = None  # its own, when the call says so
    area_min: Decimal | None = None
    area_max: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A call as it stands before opening. Occupation dates are [start, end)."""

    opens_at: datetime
    closes_at: datetime | None
    body: str
    title: TitleCode
    circumstances: str = ""
    economic: bool = True
    occupation_from: date | None = None
    occupation_until: date | None = None
    decision_on: date | None = None
    questions_until: datetime | None = None
    answers_until: datetime | None = None
    visit_duty: bool = False
    visits: int = 0  # planned, still to come
    direct: bool = False  # award without a selection
    beneficiary: bool = False
    ground: str = ""
    exemption: Exemption | None = None
    statement_url: str = ""
    statement_on: date | None = None
    short_or_unlimited: bool = False
    spontaneous: bool = False
    interest_checked_on: date | None = None
    excluded: Sequence[str] = ()
    weights: Sequence[int] = ()
    lots: Sequence[OfferedLot] = field(default_factory=tuple)


def complete(draft: Draft) -> list[Verdict]:
    """What applicants could not do without."""
    said = []
    if not draft.body.strip():
        said.append(
            DRAFT.block(_("L’appel n’a pas de texte."), _("Écrivez le contexte, le lieu et ce que vous attendez."))
        )
    if not draft.lots:
        said.append(DRAFT.block(_("L’appel ne porte sur aucun lot."), _("Choisissez au moins un de vos lots publiés.")))
    if draft.occupation_from is None:
        said.append(
            DRAFT.block(_("La date d’entrée dans les lieux manque."), _("Indiquez le premier jour d’occupation."))
        )
    if hidden := [lot.label for lot in draft.lots if not lot.published]:
        said.append(
            DRAFT.block(
                ngettext(
                    "Le local de ce lot n’est pas publié : %(lots)s.",
                    "Le local de ces lots n’est pas publié : %(lots)s.",
                    len(hidden),
                    lots=", ".join(hidden),
                ),
                _("Publiez le local, ou retirez ces lots de l’appel."),
            )
        )
    return said


def dates_in_order(draft: Draft) -> list[Verdict]:
    """Opening < closing ≤ decision ≤ first day of occupation < last day."""
    if draft.closes_at is None:
        return [DATES.block(_("La date limite manque."), _("Indiquez le jour et l’heure de clôture, heure de Paris."))]
    closing = draft.closes_at.astimezone(PARIS).date()
    said = []
    if draft.closes_at <= draft.opens_at:
        said.append(DATES.block(_("La date limite est déjà passée."), _("Choisissez un instant à venir.")))
    if draft.decision_on and draft.decision_on < closing:
        said.append(DATES.block(_("La décision est annoncée avant la clôture."), _("Reportez la date de décision.")))
    if draft.occupation_from and draft.occupation_from <= closing:
        said.append(
            DATES.block(_("L’occupation commence avant la clôture de l’appel."), _("Reportez la date d’entrée."))
        )
    if draft.decision_on and draft.occupation_from and draft.occupation_from < draft.decision_on:
        said.append(
            DATES.warn(
                _("L’occupation commence avant la décision."), _("Laissez le temps de signer et de s’installer.")
            )
        )
    if draft.occupation_from and draft.occupation_until and draft.occupation_until <= draft.occupation_from:
        said.append(DATES.block(_("L’occupation finit avant d’avoir commencé."), _("Corrigez les dates d’occupation.")))
    return said


def direct_award(draft: Draft) -> list[Verdict]:
    """An award without a selection names its beneficiary and says why in law and in fact."""
    if not draft.direct:
        return []
    said = []
    if not draft.beneficiary:
        said.append(
            DIRECT.block(
                _("L’attribution directe ne dit pas à qui."), _("Indiquez la structure par son SIREN ou son nom exact.")
            )
        )
    if not draft.ground.strip():
        said.append(
            DIRECT.block(
                _("L’attribution directe n’a pas de motif."),
                _("Écrivez les considérations de droit et de fait qui dispensent de sélection."),
            )
        )
    return said


def visits_and_questions(draft: Draft) -> list[Verdict]:
    """Questions, then answers, then the closing; nobody is held to a visit that cannot be made."""
    said = []
    asked, answered, closes = draft.questions_until, draft.answers_until, draft.closes_at
    if asked and answered and answered < asked:
        said.append(
            DATES.block(_("Les réponses sont annoncées avant la fin des questions."), _("Inversez ces deux dates."))
        )
    if closes and ((asked and asked >= closes) or (answered and answered >= closes)):
        said.append(
            DATES.block(
                _("Les questions ou les réponses vont au-delà de la clôture."), _("Avancez ces dates avant la clôture.")
            )
        )
    if draft.visit_duty and not draft.visits:
        said.append(
            VISITS.block(
                _("La visite est obligatoire et aucun créneau de visite n’est prévu."),
                _("Ajoutez un créneau, ou rendez la visite facultative."),
            )
        )
    return said


def _under(draft: Draft) -> list[OfferedLot]:
    """Lots offered under the draft's title: all but those to which the call gives another."""
    return [lot for lot in draft.lots if lot.title in (None, draft.title)]


def title_fits_domain(draft: Draft) -> list[Verdict]:
    """OCC-02 and OCC-03: public domain takes precarious public titles only, and these are for public domain only."""
    said = []
    lots = _under(draft)
    public = [lot.label for lot in lots if lot.domain is Domain.PUBLIC]
    other = [lot.label for lot in lots if lot.domain is not Domain.PUBLIC]
    if public and draft.title in NEVER_ON_PUBLIC:
        said.append(
            OCC_02.block(
                ngettext(
                    "« %(title)s » ne peut pas être accordé sur le domaine public (lot %(lots)s).",
                    "« %(title)s » ne peut pas être accordé sur le domaine public (lots %(lots)s).",
                    len(public),
                    title=_(draft.title.label),
                    lots=", ".join(public),
                ),
                _("Proposez une convention d’occupation temporaire du domaine public, ou retirez ces lots."),
            )
        )
    if other and draft.title in legality.PUBLIC_TITLES:
        said.append(
            OCC_03.block(
                ngettext(
                    "« %(title)s » n’existe que sur le domaine public, ce que n’est pas le lot %(lots)s.",
                    "« %(title)s » n’existe que sur le domaine public, ce que ne sont pas les lots %(lots)s.",
                    len(other),
                    title=_(draft.title.label),
                    lots=", ".join(other),
                ),
                _("Choisissez un titre de droit privé, par exemple une convention d’occupation précaire."),
            )
        )
    return said


def circumstances_told(draft: Draft) -> list[Verdict]:
    """OCC-16: without particular circumstances, the agreement may be judged a commercial lease."""
    if draft.title is not TitleCode.COP or draft.circumstances.strip():
        return []
    return [
        OCC_16.block(
            _(
                "Une convention précaire demande des circonstances particulières, indépendantes de la seule volonté des parties."
            ),
            _("Décrivez-les et leur preuve : démolition décidée, renouvellement urbain, vente en cours…"),
        )
    ]


def titles_allowed(draft: Draft) -> list[Verdict]:
    """The owner said at publication which titles each lot may be given; the call itself may exclude some."""
    if draft.title.value in draft.excluded:
        return [
            TITLES.block(
                _("« %(title)s » est à la fois proposé et exclu par l’appel.", title=_(draft.title.label)),
                _("Changez le titre proposé, ou retirez-le des titres exclus."),
            )
        ]
    refusing = [lot.label for lot in _under(draft) if lot.titles and draft.title.value not in lot.titles]
    if not refusing:
        return []
    return [
        TITLES.block(
            ngettext(
                "Le lot %(lots)s n’admet pas ce titre.",
                "Les lots %(lots)s n’admettent pas ce titre.",
                len(refusing),
                lots=", ".join(refusing),
            ),
            _("Changez le titre proposé, ou les titres permis sur la fiche du local."),
        )
    ]


def lot_terms_hold(draft: Draft) -> list[Verdict]:
    """A lot's own title is judged as the call's is; its areas are those of a part of the lot."""
    said = []
    for lot in draft.lots:
        if lot.title and lot.title is not draft.title:
            alone = replace(draft, title=lot.title, lots=(lot,))
            said += [*title_fits_domain(alone), *circumstances_told(alone), *titles_allowed(alone)]
        if lot.area and lot.area_min and lot.area_min > lot.area:
            said.append(
                LOTS.block(
                    _("Lot %(lot)s : la surface minimale dépasse celle du lot.", lot=lot.label), _("Corrigez-la.")
                )
            )
    return said


def lots_available(draft: Draft) -> list[Verdict]:
    """A lot is offered for days on which its owner says it can be used."""
    said = []
    for lot in draft.lots:
        if lot.available_from and draft.occupation_from and draft.occupation_from < lot.available_from:
            said.append(
                LOTS.block(
                    _(
                        "Le lot %(lot)s n’est disponible qu’à partir du %(day)s.",
                        lot=lot.label,
                        day=day(lot.available_from),
                    ),
                    _("Reportez l’entrée, ou corrigez la fiche du local."),
                )
            )
        if lot.available_until and (draft.occupation_until is None or draft.occupation_until > lot.available_until):
            said.append(
                LOTS.block(
                    _("Le lot %(lot)s doit être rendu le %(day)s.", lot=lot.label, day=day(lot.available_until)),
                    _("Avancez la fin d’occupation, ou corrigez la fiche du local."),
                )
            )
    return said


def _procedure(draft: Draft) -> Procedure:
    """A call is a selection; a direct award is none, or publicity alone once it has shown no other interest."""
    if not draft.direct:
        return Procedure.SELECTION
    return Procedure.PUBLICITY if draft.interest_checked_on else Procedure.NONE


def publicity(draft: Draft) -> list[Verdict]:
    """Publicity rules, once per kind of domain among the lots, and the length of publication."""
    opens = draft.opens_at.astimezone(PARIS).date()
    said: list[Verdict] = []
    for domain in sorted({lot.domain for lot in draft.lots}):
        facts = Publicity(
            domain=domain, title=draft.title, economic=draft.economic, start=draft.occupation_from or opens,
            end=draft.occupation_until, procedure=_procedure(draft),
            exemption=draft.exemption if draft.direct else None, statement_url=draft.statement_url,
            statement_published_on=draft.statement_on, short_or_unlimited=draft.short_or_unlimited,
            spontaneous=draft.direct and draft.spontaneous, interest_checked_on=draft.interest_checked_on,
        )  # fmt: skip
        said += legality.judge_publicity(facts)
    if draft.closes_at and (
        length := legality.publication_length(draft.title, opens, draft.closes_at.astimezone(PARIS).date())
    ):
        said.append(length)
    return said


def judge(draft: Draft) -> list[Verdict]:
    """Everything that blocks, asks for a reason, or is worth knowing before opening; gravest first."""
    grid = legality.grid_complete(draft.weights)
    said = [
        *complete(draft), *dates_in_order(draft), *title_fits_domain(draft), *circumstances_told(draft),
        *titles_allowed(draft), *lot_terms_hold(draft), *lots_available(draft), *visits_and_questions(draft), *direct_award(draft), *publicity(draft), *([grid] if grid else []),
    ]  # fmt: skip
    return in_order(said)
