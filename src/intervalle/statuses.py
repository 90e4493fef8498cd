"""Status for everyone: what each state of each object is called, and who acts next, for each role. The one table.

The sentences are the rooms' own; this table names who reads them, so that a test can ask for every state and every role.
`Facts` are the days a sentence names, when the object has them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace

from allocation.assignment import award_sentences as assigning
from allocation.assignment.workflow import AWARD_STATES
from allocation.leases import workflow as leasing
from allocation.selection import invitation_states
from calls import need_sentences, sentences
from calls.workflow import CALL_STATES
from intervalle.i18n import N_, _, day, instant


@dataclass(frozen=True, slots=True)
class Facts:
    """`now`, and a moment of the past and one to come that stand for the object's own."""

    now: datetime
    past: datetime
    coming: datetime

    @property
    def until(self) -> date:
        return self.coming.date()


@dataclass(frozen=True, slots=True)
class Object:
    """A kind of object: its states with their labels, and by role what is said in a state."""

    name: str
    labels: Mapping[str, str]
    roles: Mapping[str, Callable[[str, Facts], str]]


def call_in(state: str, facts: Facts, kind: str = "dated") -> SimpleNamespace:
    """A call of this kind whose dated facts put it in this state."""
    at = CALL_STATES.index(state)
    cancelled = state == "cancelled"
    return SimpleNamespace(
        kind=kind, opened_at=facts.past if at or cancelled else None, closes_at=facts.coming if state in ("draft", "open") else facts.past,
        ranked_at=facts.past if state in ("ranked", "released") else None, cancel_reason="",
        released_at=facts.past if state == "released" else None, cancelled_at=facts.past if cancelled else None,
    )  # fmt: skip


def _application(stage: str, facts: Facts) -> str:
    lives = {"draft": "open", "submitted": "open", "missed": "closed", "examined": "closed", "decided": "released"}
    life = call_in(lives.get(stage, "cancelled" if stage == "cancelled" else "closed"), facts)
    file = SimpleNamespace(
        submitted_at=None if stage in ("draft", "missed") else facts.past, withdrawn_at=facts.past if stage == "withdrawn" else None,
    )  # fmt: skip
    return sentences.application_sentence(file, life, facts.now, facts.until)


def _application_for_organiser(stage: str, facts: Facts) -> str:
    match stage:
        case "draft":
            return _("La structure l’écrit ; vous ne la lisez pas. Elle peut la déposer jusqu’au %(closing)s.", closing=instant(facts.coming))  # fmt: skip
        case "missed":
            return _("Jamais déposée : elle ne compte pas, et personne ne la lit.")
        case "submitted":
            return _("Rien à faire de votre côté : vous la lirez après la clôture, le %(closing)s.", closing=instant(facts.coming))  # fmt: skip
        case "examined":
            return _("À vous : vérifiez qu’elle est recevable, puis à la commission de la noter avant le %(day)s.", day=day(facts.until))  # fmt: skip
        case "decided":
            return _("La réponse motivée est partie le %(day)s.", day=day(facts.past))
        case "withdrawn":
            return _("La structure l’a retirée le %(day)s : elle n’est pas examinée.", day=day(facts.past))
        case _:
            return _("L’appel a été annulé le %(day)s.", day=day(facts.past))


def _call_for_juror(state: str, facts: Facts) -> str:
    match state:
        case "draft":
            return _("L’appel n’est pas ouvert : rien à faire de votre côté.")
        case "open":
            return _("Rien à faire de votre côté avant la clôture, le %(closing)s.", closing=instant(facts.coming))
        case "closed":
            return _("À vous : déclarez vos liens avec les structures, puis notez les dossiers qui vous sont confiés.")
        case "ranked":
            return _("Vos notes sont arrêtées ; à l’organisateur de préparer l’attribution.")
        case "released":
            return _("Les décisions sont parties le %(day)s ; rien ne reste à faire.", day=day(facts.past))
        case _:
            return _("L’appel a été annulé le %(day)s.", day=day(facts.past))


def _lease(landlord: bool) -> Callable[[str, Facts], str]:
    def said(state: str, facts: Facts) -> str:
        start = facts.coming if state in ("draft", "signed") else facts.past
        standing = leasing.Standing(state, start.date(), facts.until, keys_handed_on=facts.past.date() if state == "running" else None)  # fmt: skip
        return leasing.next_step(standing, landlord=landlord, today=facts.now.date())

    return said


TABLE = {
    "call": Object(
        N_("Appel à candidatures"), sentences.CALL_LABELS,
        {
            N_("Tout le monde"): lambda state, f: sentences.call_sentence(call_in(state, f), f.now, f.until),
            N_("Qui organise"): lambda state, f: sentences.organiser_sentence(call_in(state, f), f.now, f.until),
            N_("Jurés"): _call_for_juror,
        },
    ),
    "direct": Object(
        N_("Attribution directe"), sentences.CALL_LABELS,
        {
            N_("Tout le monde"): lambda state, f: sentences.call_sentence(call_in(state, f, "direct"), f.now, f.until),
            N_("Qui organise"): lambda state, f: sentences.organiser_sentence(call_in(state, f, "direct"), f.now, f.until),
        },
    ),
    "application": Object(
        N_("Candidature"), sentences.APPLICATION_LABELS,
        {N_("Structure"): _application, N_("Qui organise"): _application_for_organiser},
    ),
    "seat": Object(
        N_("Siège dans une commission"), invitation_states.LABELS,
        {
            N_("Personne invitée"): lambda state, f: invitation_states.for_invited(state, f.coming),
            N_("Qui organise"): lambda state, f: invitation_states.for_organiser(state, f.coming),
        },
    ),
    "need": Object(
        N_("Besoin"), need_sentences.LABELS,
        {
            N_("Structure"): lambda state, f: need_sentences.structure_sentence(state, f.past.date()),
            N_("Propriétaires et collectivités"): lambda state, f: need_sentences.owner_sentence(state),
        },
    ),
    "award": Object(
        N_("Attribution et offre"), {state: assigning.AWARD_LABELS[state] for state in AWARD_STATES},
        {
            N_("Structure"): lambda state, f: assigning.award_for_structure(state, f.until),
            N_("Qui organise"): lambda state, f: assigning.award_for_organiser(state, f.until),
        },
    ),
    "lease": Object(
        N_("Titre d’occupation"), leasing.LABELS,
        {N_("Propriétaire"): _lease(landlord=True), N_("Structure"): _lease(landlord=False)},
    ),
    "appeal": Object(
        N_("Recours"), assigning.APPEAL_LABELS,
        {
            N_("Structure"): lambda state, f: assigning.appeal_for_structure(state, f.until, f.until),
            N_("Qui organise"): lambda state, f: assigning.appeal_for_organiser(state, f.until, f.until),
        },
    ),
}  # fmt: skip
