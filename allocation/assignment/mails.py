"""Messages of the assignment room: plain text, in French, one link that only shows (a GET never acts)."""

from allocation.assignment.letters import OBJECTS, Letter
from calls.models import Call
from intervalle.settings import settings


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
