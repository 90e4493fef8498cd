"""Messages of the assignment room: plain text, in French, one link that only shows (a GET never acts)."""

from datetime import date, timedelta

from allocation.assignment.appeal_clock import Clock
from allocation.assignment.letters import OBJECTS, Letter, answer_until
from allocation.assignment.models import Appeal, Award
from allocation.assignment.notices import Decider
from calls.models import Application, Call
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.french import long_date, square_metres
from intervalle.settings import settings
from premises.models import Lot


def _subject(what: str, call: Call, application: Application) -> str:
    """What it is first: a telephone shows the beginning of a subject, and titles of calls are long."""
    return f"{what} : {application.label}, « {call.title} »"


def decision_mail(call: Call, letter: Letter) -> tuple[str, str]:
    """(subject, text). The outcome is said in the letter, where its motive and the remedies stand beside it."""
    until = answer_until((call.released_at or clock.now()).astimezone(clock.PARIS).date()) - timedelta(days=1)
    last = long_date(until.astimezone(clock.PARIS).date()) if letter.decision.outcome == "awarded" else ""
    subject = _subject(
        OBJECTS[letter.decision.outcome] + (f", à accepter avant la fin du {last}" if last else ""),
        call,
        letter.application,
    )
    marks = " vos notes par critère," if letter.marked else ""
    answer = f"Répondez jusqu’au {last} inclus : prenez la place, ou rendez-la. Vous pouvez aussi lire la lettre ici, une fois connecté :"
    text = f"""Bonjour,

La décision prise sur la candidature {letter.application.label} ({letter.organisation.name}) à l’appel « {call.title} » est jointe à ce message.
Elle indique ses motifs,{marks} comment la contester et dans quel délai, et la personne qui la signe.

{answer if last else "Vous pouvez aussi la lire ici, une fois connecté :"}
{settings().base_url}/candidatures/{letter.application.id}/decision

{letter.decision.signatory}
"""
    return subject, text


def act_mail(call: Call, letter: Letter) -> tuple[str, str]:
    """(subject, text): a notified decision is replaced; what it says stands in the letter, beside its motive."""
    subject = _subject("Une nouvelle décision remplace la précédente", call, letter.application)
    text = f"""Bonjour,

Une nouvelle décision sur la candidature {letter.application.label} ({letter.organisation.name}) à l’appel « {call.title} » remplace celle que vous aviez reçue. Elle est jointe à ce message, avec ses motifs, comment la contester et dans quel délai, et la personne qui la signe.

Vous pouvez aussi la lire ici, une fois connecté :
{settings().base_url}/candidatures/{letter.application.id}/decision

{letter.decision.signatory}
"""
    return subject, text


def offer_mail(
    call: Call, application: Application, organisation: Organisation, lot: Lot, award: Award, *, why: str
) -> tuple[str, str]:
    """(subject, text) to the next in line, `why` being the two sentences that begin its letter too. No button acts from the
    message: the answer is given on the page."""
    until = (award.offer_expires_at or clock.now()) - timedelta(days=1)
    last = long_date(until.astimezone(clock.PARIS).date())
    subject = _subject(f"Une place vous est proposée, à accepter avant la fin du {last}", call, application)
    text = f"""Bonjour,

{why}

Le lot {lot.label} ({lot.name}) de l’appel « {call.title} » est proposé à {organisation.name} pour {square_metres(award.area)}. La lettre jointe dit pourquoi, et comment la contester.

Répondez jusqu’au {last} inclus, une fois connecté :
{settings().base_url}/candidatures/{application.id}/decision

Sans réponse à cette date, la place est proposée à la structure suivante, s’il y en a une.
"""
    return subject, text


def appeal_receipt_mail(
    call: Call, application: Application, received_on: date, runs: Clock, decider: Decider
) -> tuple[str, str]:
    """(subject, text): the receipt of a gracious appeal: its day, who deals with it, the day silence refuses it and before
    which court (CRPA L112-3, R112-5, L231-4); a private owner's silence refuses nothing, its answer is due all the same."""
    subject = _subject("Votre recours est reçu", call, application)
    due = f"Une réponse motivée vous est due au plus tard le {long_date(runs.answer_by)}." if runs.answer_by else ""
    if runs.silence_on and runs.court_until:
        due = f"Une réponse motivée vous est due. Sans réponse le {long_date(runs.silence_on)}, il est réputé rejeté (CRPA, art. L231-4) : vous pouvez alors saisir {decider.court} jusqu’au {long_date(runs.court_until)} inclus."
    text = f"""Bonjour,

Votre recours sur la candidature {application.label} à l’appel « {call.title} » est reçu le {long_date(received_on)} par {decider.contact}, qui l’examine.
{due}

{settings().base_url}/candidatures/{application.id}/decision
"""
    return subject, text


def appeal_answer_mail(call: Call, application: Application, appeal: Appeal, suite: str) -> tuple[str, str]:
    """(subject, text): the answer to a gracious appeal, with its reasons, its signatory and what follows (`suite`, as the
    letter says it)."""
    said = "accueilli" if appeal.outcome == "granted" else "rejeté"
    subject = _subject("Réponse à votre recours", call, application)
    text = f"""Bonjour,

Votre recours du {long_date(appeal.received_on)} sur la candidature {application.label} est {said}.

{appeal.answer}

{suite}

{appeal.signatory}

Votre décision et vos recours, une fois connecté :
{settings().base_url}/candidatures/{application.id}/decision
"""
    return subject, text
