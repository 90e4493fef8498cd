"""Messages of the assignment room: plain text, in French, one link that only shows (a GET never acts)."""

from datetime import timedelta

from allocation.assignment.letters import OBJECTS, Letter
from allocation.assignment.models import Award
from calls.models import Application, Call
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.french import long_date, square_metres
from intervalle.settings import settings
from premises.models import Lot


def decision_mail(call: Call, letter: Letter) -> tuple[str, str]:
    """(subject, text). The outcome is said in the letter, where its motive and the remedies stand beside it."""
    subject = f"{call.title} : {OBJECTS[letter.decision.outcome].lower()} ({letter.application.label})"
    text = f"""Bonjour,

La décision prise sur la candidature {letter.application.label} de {letter.organisation.name} à l’appel « {call.title} » est jointe à ce message.
Elle indique ses motifs, vos notes par critère, les voies et délais de recours et la personne qui la signe.

Vous pouvez aussi la lire ici, une fois connecté :
{settings().base_url}/candidatures/{letter.application.id}/decision

{letter.decision.signatory}
"""
    return subject, text


def offer_mail(
    call: Call, application: Application, organisation: Organisation, lot: Lot, award: Award
) -> tuple[str, str]:
    """(subject, text) to the next in line. No button acts from the message: the answer is given on the page."""
    until = (award.offer_expires_at or clock.now()) - timedelta(days=1)
    subject = f"{call.title} : une place vous est proposée ({application.label})"
    text = f"""Bonjour,

Une structure retenue à l’appel « {call.title} » a renoncé à sa place. {organisation.name} était sur la liste de réserve : le lot {lot.label} ({lot.name}) vous est proposé pour {square_metres(award.area)}.

Répondez jusqu’au {long_date(until.astimezone(clock.PARIS).date())} inclus, une fois connecté :
{settings().base_url}/candidatures/{application.id}/decision

Sans réponse à cette date, la place est proposée à la structure suivante.
"""
    return subject, text
