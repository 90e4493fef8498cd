"""Messages of the assignment room: plain text, in French, one link that only shows (a GET never acts)."""

from datetime import date, timedelta

from allocation.assignment.letters import OBJECTS, Letter
from allocation.assignment.models import Appeal, Award
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


def act_mail(call: Call, letter: Letter) -> tuple[str, str]:
    """(subject, text): a notified decision is replaced; what it says stands in the letter, beside its motive."""
    subject = f"{call.title} : une nouvelle décision remplace la précédente ({letter.application.label})"
    text = f"""Bonjour,

Une nouvelle décision sur la candidature {letter.application.label} de {letter.organisation.name} à l’appel « {call.title} » remplace celle que vous aviez reçue. Elle est jointe à ce message, avec ses motifs, les voies et délais de recours et la personne qui la signe.

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


def appeal_receipt_mail(call: Call, application: Application, silence_on: date) -> tuple[str, str]:
    """(subject, text): the receipt of a gracious appeal, with the day silence refuses it (CRPA L112-3, L231-4)."""
    subject = f"{call.title} : votre recours est reçu ({application.label})"
    text = f"""Bonjour,

Votre recours sur la candidature {application.label} à l’appel « {call.title} » est reçu ce jour.
Une réponse motivée vous est due. Sans réponse le {long_date(silence_on)}, il est réputé rejeté, et vous disposez alors d’un nouveau délai pour saisir le juge compétent.

{settings().base_url}/candidatures/{application.id}/decision
"""
    return subject, text


def appeal_answer_mail(call: Call, application: Application, appeal: Appeal, court_until: date) -> tuple[str, str]:
    """(subject, text): the answer to a gracious appeal, with its reasons, its signatory and the time limit that restarts."""
    said = "accueilli" if appeal.outcome == "granted" else "rejeté"
    subject = f"{call.title} : réponse à votre recours ({application.label})"
    text = f"""Bonjour,

Votre recours du {long_date(appeal.received_on)} sur la candidature {application.label} est {said}.

{appeal.answer}

Si vous recevez ce message ce jour, vous pouvez saisir le juge compétent jusqu’au {long_date(court_until)} inclus.

{appeal.signatory}
{settings().base_url}/candidatures/{application.id}/decision
"""
    return subject, text
