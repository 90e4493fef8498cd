"""The table of dated legal parameters. One row per value and period; read through `intervalle.parameters`.

Units are in the key (`months`, `days`, `cents`, `m2`); a Decimal is a rate, as a fraction of one. A row whose
start is not known starts at `ALWAYS`. A row marked `sure=False` was read in no text.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Value = Decimal | int | date | tuple[int, ...]
ALWAYS = date.min


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of one key over [valid_from, valid_to), with the text it comes from."""

    key: str
    value: Value
    valid_from: date
    valid_to: date | None
    source: str
    sure: bool

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def _law(key: str, value: Value, source: str, since: date = ALWAYS, until: date | None = None) -> Parameter:
    return Parameter(key, value, since, until, source, True)


def _unsure(key: str, value: Value, source: str, since: date = ALWAYS, until: date | None = None) -> Parameter:
    return Parameter(key, value, since, until, f"{source} (à faire confirmer par un juriste)", False)


def _ours(key: str, value: Value, why: str) -> Parameter:
    return Parameter(key, value, ALWAYS, None, f"Choix d’Intervalle : {why}", False)


Y2025, Y2026, Y2031 = date(2025, 1, 1), date(2026, 1, 1), date(2031, 1, 1)
PINEL = date(2014, 9, 1)

# fmt: off
TFPB_ROWS = (
    _law("tfpb.rate", Decimal("0.30"), "CGI art. 1388 bis", until=Y2031),
    _law("tfpb.flat_deduction", Decimal("0.50"), "CGI art. 1388 : déduction forfaitaire de 50 %"),
    _law("tfpb.regime_year", 1, "CGI art. 1388 bis : impositions 2025 à 2030", Y2025, Y2031),
    _law("tfpb.signature_until", date(2025, 3, 31), "Loi 2025-127 art. 114 : dérogation 2025", Y2025, Y2026),
    _law("tfpb.overseas_renewal", 1, "Loi 2025-127 art. 47 : reconduction outre-mer 2025", Y2025, Y2026),
    _law("tfpb.state_aid_before", date(1998, 1, 1), "CGI art. 1388 bis : acquisition avec aide de l’État"),
    _ours("tfpb.declaration_alarm_days", (90, 30), "rappels avant le 1er janvier"),
    _unsure("tfpb.account_due", date(2000, 3, 31), "Remise du bilan, 31 mars N+1 par défaut (jour et mois)"),
    _ours("tfpb.plausible_cents_per_dwelling", (5_000, 50_000), "moyenne nationale 183 €"),
    _ours("tfpb.valued_ratio_min", Decimal("0.95"), "en dessous, un commentaire est demandé"),
    _ours("tfpb.valued_ratio_max", Decimal("1.50"), "au-dessus, un commentaire est demandé"),
    _ours("tfpb.reference_age_months", 36, "âge maximal du document qui fonde la valeur locative"),
)

LEASE_ROWS = (
    _unsure("derog.max_months", 24, "C. com. art. L145-5 avant la loi 2014-626", until=PINEL),
    _law("derog.max_months", 36, "C. com. art. L145-5 (loi 2014-626)", PINEL),
    _law("derog.grace_months", 1, "C. com. art. L145-5 al. 2", PINEL),
    _unsure("derog.grace_months", 1, "C. com. art. L145-5 avant la loi 2014-626", until=PINEL),
    _ours("derog.alarm_days", (-180, -90, -30, 0, 15, 30), "rappels autour du terme du bail dérogatoire"),
    _law("aot_dr.max_months", 840, "CG3P art. L2122-6, CGCT art. L1311-5 : 70 ans"),
    _law("aot.urgency_max_months", 12, "CG3P art. L2122-1-2 3°"),
    _law("aot.incorporation_months", 6, "CG3P art. L2122-1 al. 2"),
    _unsure("aot.notice_months", 3, "Pratique des conventions d’occupation"),
    _law("com.min_months", 108, "C. com. art. L145-4"),
    _law("com.triennial_months", 36, "C. com. art. L145-4"),
    _law("com.notice_months", 6, "C. com. art. L145-4 et L145-9"),
    _law("com.reply_months", 3, "C. com. art. L145-18 : réponse à l’offre de remplacement"),
    _unsure("com.landlord_deed_only", 1, "C. com. art. L145-9 (loi 2015-990)", date(2015, 8, 8)),
    _unsure("pro.min_months", 72, "Loi 86-1290 art. 57 A"),
    _unsure("pro.notice_months", 6, "Loi 86-1290 art. 57 A"),
    _unsure("civil.max_months", 1188, "Code civil art. 1709 : pas de bail perpétuel (moins de 99 ans)"),
    _unsure("civil.notice_months", 3, "Code civil art. 1736 : usage des lieux"),
    _law("emph.min_months", 216, "C. rural art. L451-1 : plus de 18 ans"),
    _law("emph.max_months", 1188, "C. rural art. L451-1 : 99 ans"),
    _unsure("constr.min_months", 216, "CCH art. L251-1 : 18 ans"),
    _unsure("constr.max_months", 1188, "CCH art. L251-1 : 99 ans"),
    _law("brsa.min_months", 144, "CCH art. L256-1 s. : 12 ans"),
    _law("brsa.max_months", 1188, "CCH art. L256-1 s. : 99 ans"),
    _law("brsa.publicity_months", 2, "Décret 2024-838"),
    _law("brsa.staff_below", 10, "CCH art. L256-1 s. : micro-entreprise"),
    _law("brsa.turnover_cents", 200_000_000, "CCH art. L256-1 s. : micro-entreprise, 2 M€"),
    _law("res_temp.max_months", 36, "Loi ELAN 2018-1021 art. 29 : 3 ans, puis un an à la fois"),
    _unsure("res_temp.notice_months", 1, "Préavis prévu par la convention avec l’organisme"),
    _unsure("cop.notice_months", 1, "Pratique : un à trois mois"),
    _ours("cop.long_months", 36, "au-delà, la précarité demande une explication"),
    _ours("cop.grace_months", 3, "délai après l’événement qui met fin à la convention"),
    _unsure("commodat.notice_months", 3, "Préavis raisonnable si aucun terme n’est convenu"),
    _unsure("communal.notice_months", 3, "Pratique des conventions de mise à disposition"),
    _unsure("rent.near_reference", Decimal("0.90"), "Loyer proche du marché : risque de requalification"),
    _unsure("deed.above_months", 144, "Décret 55-22 du 4 janvier 1955 art. 28 : plus de 12 ans"),
    _law("commune.mayor_up_to_months", 144, "CGCT art. L2122-22 5° : 12 ans"),
    _law("prefect.days", 15, "CGCT art. L2131-1 et L2131-2"),
    _law("sublet.answer_days", 15, "C. com. art. L145-31"),
    _unsure("aid.cap_cents", 30_000_000, "Règlement (UE) 2023/2831 : 300 000 €", date(2024, 1, 1), Y2031),
    _unsure("aid.cap_cents", 20_000_000, "Règlement (UE) 1407/2013 : 200 000 €", until=date(2024, 1, 1)),
    _unsure("aid.cap_cents", 30_000_000, "Plafond du règlement 2023/2831, prolongé par prudence", Y2031),
    _unsure("aid.cap_sgei_cents", 75_000_000, "Règlement (UE) 2023/2832 : 750 000 €", date(2024, 1, 1)),
    _unsure("aid.cap_sgei_cents", 50_000_000, "Règlement (UE) 360/2012 : 500 000 €", until=date(2024, 1, 1)),
    _ours("aid.warn_at", Decimal("0.80"), "prévenir avant le plafond"),
    _law("aid.period_months", 36, "Règlement (UE) 2023/2831 : trois ans"),
    _unsure("in_kind.convention_cents", 2_300_000, "Loi 2000-321 art. 10, décret 2017-779 : 23 000 € par an"),
    _ours("exit.steps_months", (12, 9, 6, 3), "rendez-vous de préparation de la sortie"),
    _unsure("annex.asbestos_before", date(1997, 7, 1), "Dossier amiante : permis avant juillet 1997"),
    _unsure("annex.green_above_m2", 2000, "C. env. art. L125-9 : bureaux et commerces de plus de 2 000 m²"),
)

OTHER_ROWS = (
    _law("appeal.months", 2, "CJA art. R421-1"),
    _unsure("appeal.reasonable_months", 12, "CE Ass. 13 juillet 2016, Czabaj, n° 387763"),
    _law("silence.months", 2, "CRPA art. L231-4"),
    _law("withdrawal.months", 4, "CRPA art. L242-1"),
    _law("reasons.request_months", 1, "CRPA art. L232-4"),
    _law("cada.silence_months", 1, "CRPA art. R311-12 et R311-13"),
    _law("cada.months", 2, "CRPA art. R343-1"),
    _unsure("contract_challenge.months", 2, "CE Ass. 4 avril 2014, Tarn-et-Garonne, n° 358994"),
    _ours("call.days_default", 30, "durée de publication d’un appel"),
    _ours("call.days_min", 15, "en dessous, un motif est demandé"),
    _ours("call.days_after_change", 10, "après un changement de fond, temps laissé aux candidats"),
    _ours("panel.min_voters", 3, "quorum"),
    _ours("panel.min_outside_owner", 1, "au moins une voix extérieure au propriétaire"),
    _ours("relocation.interview_months", 12, "entretien sur les besoins"),
    _ours("relocation.short_title_months", 18, "titre court : l’entretien a lieu à l’entrée"),
    _ours("relocation.match_months", 9, "première recherche parmi les locaux"),
    _ours("relocation.offer_months", 6, "au moins une proposition"),
    _ours("relocation.escalation_months", 3, "alerte au propriétaire et à l’intercommunalité"),
    _ours("relocation.follow_up_months", (6, 12), "suivi après la sortie"),
    _ours("relocation.area_min", Decimal("0.80"), "surface minimale d’une proposition"),
    _ours("relocation.area_max", Decimal("1.20"), "surface maximale d’une proposition"),
    _ours("relocation.distance_max_m", 20_000, "distance au-delà de laquelle un local n’est plus suggéré"),
    _ours("relocation.available_days", 30, "disponibilité après la sortie"),
    *(
        _unsure(f"erp.threshold.{erp}", persons, "Arrêté du 25 juin 1980, seuils du 1er groupe")
        for erp, persons in {
            "J": 100, "L": 200, "M": 200, "N": 200, "O": 100, "P": 120, "R": 200, "S": 200, "T": 200,
            "U": 100, "V": 300, "W": 200, "X": 200, "Y": 200, "PA": 300,
        }.items()
    ),
)
# fmt: on
