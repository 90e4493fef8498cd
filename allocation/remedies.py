"""How and until when a decision can be challenged. Pure.

Deadlines before the courts are « francs » (CJA art. R421-1): neither the day of the notification nor the last day of
the two months counts, and a deadline that ends on a day off is carried to the next working day.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from intervalle import parameters
from intervalle.french import long_date, to_whom
from intervalle.holidays import next_working_day
from intervalle.months import add_months

ONE_DAY = timedelta(days=1)
_NUMBERS = {1: "un", 2: "deux", 3: "trois", 4: "quatre", 6: "six", 12: "douze"}


def full_deadline(start: date, months: int, alsace_moselle: bool = False) -> date:
    """Last day of a « délai franc » of so many months that starts on the day of a notification."""
    return next_working_day(add_months(start, months) + ONE_DAY, alsace_moselle)


def appeal_deadline(notified_on: date, remedies_told: bool = True, alsace_moselle: bool = False) -> date | None:
    """Last day for an appeal to the court; None when the notification did not state remedies (CJA R421-5)."""
    if not remedies_told:
        return None
    return full_deadline(notified_on, parameters.whole("appeal.months", notified_on), alsace_moselle)


def reasonable_deadline(notified_on: date) -> date:
    """Without remedies stated, an appeal stays possible for a reasonable time, in principle one year (Czabaj)."""
    return add_months(notified_on, parameters.whole("appeal.reasonable_months", notified_on))


def after_gracious_appeal(answered_on: date, alsace_moselle: bool = False) -> date:
    """A gracious appeal filed in time interrupts the deadline (CRPA L411-2): it starts again at the answer."""
    return full_deadline(answered_on, parameters.whole("appeal.months", answered_on), alsace_moselle)


def silence_is_refusal_on(received_on: date) -> date:
    """Day an unanswered request outside a procedure is refused: two months (CRPA L231-4)."""
    return add_months(received_on, parameters.whole("silence.months", received_on))


def reasons_due(asked_on: date) -> date:
    """Last day to give the reasons of an implicit refusal: one month (CRPA L232-4)."""
    return add_months(asked_on, parameters.whole("reasons.request_months", asked_on))


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """Clocks of a request for an administrative document (CADA)."""

    refused_on: date
    cada_until: date


def document_request(asked_on: date) -> DocumentRequest:
    """One month of silence refuses; the CADA is then seized within two months (CRPA R343-1)."""
    refused = add_months(asked_on, parameters.whole("cada.silence_months", asked_on))
    return DocumentRequest(refused, full_deadline(refused, parameters.whole("cada.months", refused)))


def contract_challenge_until(published_on: date) -> date:
    """Last day for a rejected candidate to challenge the contract, from the notice of signature."""
    return full_deadline(published_on, parameters.whole("contract_challenge.months", published_on))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the paragraph on remedies needs. `notified_on` is the day the letter is received, when it is known.

    Lengths are those in force on `decided_on`, the day of the decision.
    """

    public_owner: bool
    owner: str
    contact: str
    court: str = ""
    decided_on: date
    notified_on: date | None = None
    panel: bool = True  # a panel compared files; a direct award has neither minutes nor other candidates
    others: bool = True  # somebody else may yet sign for the place; nobody, once a direct award is given


def remedies_text(letter: Letter) -> list[str]:
    """Paragraphs to print under a decision. Raises ValueError when a public owner names no court."""
    if letter.public_owner:
        return _public_text(letter)
    return _private_text(letter)


def _months(key: str, letter: Letter) -> str:
    count = parameters.whole(key, letter.decided_on)
    return f"{_NUMBERS.get(count, str(count))} mois"


def _until(letter: Letter) -> str:
    until = appeal_deadline(letter.notified_on) if letter.notified_on else None
    return f", soit jusqu’au {long_date(until)} inclus" if until else ""


def _public_text(letter: Letter) -> list[str]:
    if not letter.court.strip():
        raise ValueError("Une décision publique doit nommer le tribunal administratif compétent.")
    appeal, limit = _months("appeal.months", letter), _until(letter)
    told = [
        "Voies et délais de recours",
        f"Vous pouvez demander {to_whom(letter.owner)} de revoir sa décision, par un recours gracieux adressé "
        f"{to_whom(letter.contact)}, dans les {appeal} qui suivent la réception de cette lettre{limit}. Son silence pendant "
        f"{_months('silence.months', letter)} vaut refus. Ce recours interrompt le délai pour saisir le tribunal "
        "(CRPA, art. L411-2).",
        f"Vous pouvez aussi saisir {letter.court}, par courrier ou par l’application Télérecours citoyens, dans les "
        f"{appeal} qui suivent la réception de cette lettre{limit} (CJA, art. R421-1).",
        f"Vous pouvez demander {_record(letter)}. Sans réponse après "
        f"{_months('cada.silence_months', letter)}, vous pouvez saisir la Commission d’accès aux documents "
        f"administratifs (CADA) dans les {_months('cada.months', letter)} (CRPA, art. R343-1).",
    ]
    if not letter.others:
        return told
    return [
        *told,
        f"Si une convention est signée avec {'un autre candidat' if letter.panel else 'une autre structure'}, vous pouvez en contester la validité devant le même "
        f"tribunal dans les {_months('contract_challenge.months', letter)} qui suivent l’avis de signature.",
    ]


def _record(letter: Letter) -> str:
    return "le procès-verbal de la commission" if letter.panel else "les documents de cette procédure"


def _private_text(letter: Letter) -> list[str]:
    """A private owner's silence refuses nothing: it owes an answer, by the rules it published. A direct award has neither
    rules of a consultation nor marks."""
    appeal, limit = _months("appeal.months", letter), _until(letter)
    rules = "Le règlement de la consultation vous permet de" if letter.panel else "Vous pouvez"
    return [
        "Comment contester cette décision",
        f"{rules} demander {to_whom(letter.owner)} de réexaminer votre dossier, en "
        f"écrivant {to_whom(letter.contact)} dans les {appeal} qui suivent la réception de cette lettre{limit}. "
        f"Une réponse écrite et motivée vous est adressée dans les {_months('silence.months', letter)}.",
        f"Vous pouvez demander {'vos propres notes et les' if letter.panel else 'les'} motifs qui vous concernent.",
        "Cette location relève du droit privé : le juge judiciaire est compétent.",
    ]
