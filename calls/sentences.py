"""For each state, a label and one sentence: who acts next, and by when. One set for the organiser, one for applicants."""

from datetime import date, datetime
from typing import Protocol

from calls.workflow import ApplicationFacts, CallFacts, application_state, call_state
from intervalle.i18n import N_, _, day, instant

CALL_LABELS = {
    "draft": N_("Brouillon"),
    "open": N_("Appel ouvert"),
    "closed": N_("Candidatures à l’examen"),
    "ranked": N_("Attribution en préparation"),
    "released": N_("Décisions envoyées"),
    "cancelled": N_("Appel annulé"),
}
APPLICATION_LABELS = {
    "draft": N_("Brouillon"),
    "missed": N_("Non déposée"),
    "submitted": N_("Déposée"),
    "examined": N_("À l’examen"),
    "decided": N_("Décision envoyée"),
    "withdrawn": N_("Retirée"),
    "cancelled": N_("Appel annulé"),
}
# The hatch, colour and word of the reference look.
LOOKS = {"open": "call", "closed": "selection", "ranked": "selection", "released": "awarded"}


class Told(Protocol):
    """What a sentence about a call needs, beside its dated facts. A direct award has no panel, and nobody compares files;
    files of a rolling call may be taken up and examined before it closes."""

    kind: str
    opened_at: datetime | None
    closes_at: datetime | None
    cancelled_at: datetime | None
    ranked_at: datetime | None
    released_at: datetime | None
    cancel_reason: str


def call_label(call: CallFacts, now: datetime) -> str:
    if call.opened_at and call.opened_at > now and not call.cancelled_at:
        return _("Ouverture programmée")
    return _(CALL_LABELS[call_state(call, now)])


def call_look(call: CallFacts, now: datetime) -> str:
    """The `data-state` of the look; empty for a draft or a cancelled call, which are only words."""
    return LOOKS.get(call_state(call, now), "")


def call_sentence(call: Told, now: datetime, decision_on: date | None = None) -> str:
    """For everybody: who acts next, and by when."""
    match call_state(call, now):
        case "draft":
            return _("L’organisateur prépare cet appel : il n’est pas encore ouvert.")
        case "open" if call.kind == "direct":
            return _(
                "Proposée sans sélection à une structure nommée, qui dépose son dossier jusqu’au %(closing)s.",
                closing=instant(call.closes_at),
            )
        case "open":
            return _("Les structures peuvent candidater jusqu’au %(closing)s.", closing=instant(call.closes_at))
        case "closed" | "ranked" if call.kind == "direct":
            return _announced(_("L’organisateur instruit le dossier de la structure."), decision_on)
        case "closed":
            start = _(
                "L’appel a clos le %(closing)s. La commission examine les candidatures.",
                closing=instant(call.closes_at),
            )
            return _announced(start, decision_on)
        case "ranked":
            return _announced(_("La commission a classé les candidatures et prépare l’attribution."), decision_on)
        case "released":
            return _(
                "Les décisions motivées sont parties le %(day)s ; les titres se signent.", day=day(call.released_at)
            )
        case _:
            sentence = _("L’appel a été annulé le %(day)s.", day=day(call.cancelled_at))
            return f"{sentence} {call.cancel_reason}".strip()


def _announced(start: str, decision_on: date | None) -> str:
    if decision_on is None:
        return start
    return f"{start} " + _("Décision annoncée pour le %(day)s.", day=day(decision_on))


def organiser_sentence(call: Told, now: datetime, decision_on: date | None = None, *, sealed: bool = True) -> str:
    """For the organiser and the delegate: what is theirs to do. `sealed`: nobody reads a file before the closing."""
    match call_state(call, now):
        case "draft" if call.opened_at:
            return _(
                "L’appel s’ouvrira de lui-même le %(at)s. Personne d’autre ne le voit avant.",
                at=instant(call.opened_at),
            )
        case "draft":
            return _("À vous : complétez l’appel, puis ouvrez-le. Personne d’autre ne le voit.")
        case "open" if not sealed:
            return _(
                "Les structures candidatent jusqu’au %(closing)s. Vous lisez leurs dossiers à mesure qu’ils arrivent.",
                closing=instant(call.closes_at),
            )
        case "open" if call.kind == "rolling":
            return _(
                "Les structures candidatent jusqu’au %(closing)s. À vous : relevez leurs dossiers quand vous voulez les examiner.",
                closing=instant(call.closes_at),
            )
        case "open" if call.kind == "direct":
            return _(
                "La structure nommée dépose son dossier jusqu’au %(closing)s. Vous le lirez après cet instant.",
                closing=instant(call.closes_at),
            )
        case "open":
            return _(
                "Les structures candidatent jusqu’au %(closing)s. Vous lirez les candidatures après cet instant.",
                closing=instant(call.closes_at),
            )
        case "closed" if call.kind == "direct":
            return _announced(_("À vous : ouvrez le dossier, examinez-le, puis décidez avec son motif."), decision_on)
        case "ranked" if call.kind == "direct":
            return _announced(_("À vous : relisez la lettre, puis notifiez la décision."), decision_on)
        case "closed":
            return _announced(_("À vous : vérifiez la recevabilité, réunissez la commission et classez."), decision_on)
        case "ranked":
            return _announced(
                _("À vous : préparez l’attribution, puis envoyez toutes les décisions ensemble."), decision_on
            )
        case "released":
            return _("À vous : préparez et signez les titres avec les structures retenues.")
        case _:
            return call_sentence(call, now)


def application_stage(application: ApplicationFacts, call: CallFacts, now: datetime) -> str:
    """The state shown to the applicant: that of the file, seen in the life of its call."""
    state, life = application_state(application), call_state(call, now)
    if state == "withdrawn":
        return "withdrawn"
    if life == "cancelled":
        return "cancelled"
    if state == "draft":
        return "draft" if life == "open" else "missed"
    return {"open": "submitted", "released": "decided"}.get(life, "examined")


def application_label(application: ApplicationFacts, call: CallFacts, now: datetime) -> str:
    return _(APPLICATION_LABELS[application_stage(application, call, now)])


def application_look(application: ApplicationFacts, call: CallFacts, now: datetime) -> str:
    return {"submitted": "call", "examined": "selection", "decided": "awarded"}.get(
        application_stage(application, call, now), ""
    )


def application_sentence(
    application: ApplicationFacts, call: Told, now: datetime, decision_on: date | None = None, *, sealed: bool = True
) -> str:  # fmt: skip
    """For the applicants: who acts next, and by when."""
    match application_stage(application, call, now):
        case "draft":
            return _("À vous : complétez et déposez avant le %(closing)s.", closing=instant(call.closes_at))
        case "missed":
            return _(
                "L’appel a clos le %(closing)s : ce brouillon n’a pas été déposé et ne peut plus l’être. "
                "Son texte reste lisible ici.",
                closing=instant(call.closes_at),
            )
        case "submitted" if not sealed:
            return _(
                "Rien à faire de votre côté : l’équipe de l’appel peut la lire, la commission après la clôture, le %(closing)s.",
                closing=instant(call.closes_at),
            )
        case "submitted" if call.kind == "rolling":
            return _(
                "Rien à faire de votre côté : elle est lue à la prochaine relève, ou à la clôture, le %(closing)s.",
                closing=instant(call.closes_at),
            )
        case "submitted":
            return _(
                "Rien à faire de votre côté : personne ne la lit avant la clôture, le %(closing)s.",
                closing=instant(call.closes_at),
            )
        case "examined" if call.kind == "direct":
            return _announced(_("L’organisateur examine votre dossier."), decision_on)
        case "examined":
            return _announced(_("La commission examine votre candidature."), decision_on)
        case "decided":
            return _("Votre réponse motivée est partie le %(day)s.", day=day(call.released_at))
        case "withdrawn":
            return _("Vous l’avez retirée le %(day)s. Elle ne sera pas examinée.", day=day(application.withdrawn_at))
        case _:
            return _("L’appel a été annulé le %(day)s.", day=day(call.cancelled_at))
