"""Print a title: from its rows to the HTML of the model text, and to a tagged PDF."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from allocation.leases import agreement, reading
from allocation.leases.deadlines import exit_steps
from allocation.leases.durations import length_in_words
from allocation.leases.models import Condition, LeaseValuation
from allocation.leases.titles import title
from calls.models import Application, Call
from intervalle import i18n
from intervalle.accounts.models import Organisation
from intervalle.pdf import render_pdf
from intervalle.web import environment
from premises.facts import PUBLIC_BODIES, Domain, OwnerKind, TitleCode

Appointments = Callable[[date, date, int | None], list[tuple[date, str]]]
# The relocation room, above, knows the dates of the path; it adds itself here, and the contract prints what it opens.
APPOINTMENTS: list[Appointments] = []


@dataclass(frozen=True, slots=True)
class Written:
    """A clause the landlord wrote, under the heading of the checklist."""

    text_fr: str
    written: str


@contextmanager
def in_french() -> Iterator[None]:
    """A contract speaks French whoever signs it."""
    before = i18n.get_locale()
    i18n.set_locale("fr")
    try:
        yield
    finally:
        i18n.set_locale(before)


def exit_appointments(start: date | None, end: date | None, notice_months: int | None) -> list[tuple[date, str]]:
    """Dates the exit article prints, in order; none for a title without a term."""
    if start is None or end is None:
        return []
    if APPOINTMENTS:
        return [one for ask in APPOINTMENTS for one in ask(start, end, notice_months)]
    return [(step.due, step.label_fr) for step in exit_steps(start, end)]


def html_of(
    file: reading.File, *, conditions: Sequence[Condition], manager: Organisation | None, application: Application | None,
    call: Call | None, commune: str | None, valuation: LeaseValuation | None, signed_on: date,
) -> str:  # fmt: skip
    """The agreement as HTML, with every fact it is printed from."""
    lease, code = file.lease, TitleCode(file.lease.title)
    row = title(code)
    with in_french():
        context: dict[str, Any] = {
            "lease": lease, "lot": file.lot, "premises": file.premises, "landlord": file.landlord, "tenant": file.tenant,
            "manager": manager, "application": application, "call": call, "commune": commune, "help": valuation,
            "conditions": conditions, "code": code, "article": row.article, "renewal": row.renewal_fr, "stay": row.stay_fr,
            "owner_word": agreement.owner_word(code), "occupant_word": agreement.occupant_word(code),
            "notice": f"{lease.notice_months} mois", "reference": f"Titre n° {lease.id}",
            "length": length_in_words(lease.during.lower, lease.during.upper) if lease.during.lower and lease.during.upper else "",
            "half_days": agreement.half_days(lease.slots), "court": agreement.court(file.premises.regime == Domain.PUBLIC),
            "public_owner": OwnerKind(file.landlord.kind) in PUBLIC_BODIES, "signed_on": signed_on,
            "exit_steps": exit_appointments(lease.during.lower, lease.during.upper, lease.notice_months),
            "extra": _written_clauses(file),
        }  # fmt: skip
        return environment.get_template("leases/agreement.html").render(**context)


def _written_clauses(file: reading.File) -> list[Written]:
    lacking = reading.model_lacks(file.lease.title, (file.lease.legal_facts or {}).get("base"))
    texts = file.lease.extra_clauses or {}
    return [Written(clause.text_fr, texts[clause.code]) for clause in lacking if texts.get(clause.code, "").strip()]


async def pdf_of(html: str) -> bytes:
    """PDF/UA-1 of the agreement."""
    return await render_pdf(html)


def file_name(file: reading.File) -> str:
    return f"{TitleCode(file.lease.title).label}, {file.premises.name}, lot {file.lot.label}, {file.tenant.name}.pdf"
