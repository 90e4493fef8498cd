"""What the model text of an agreement says, given the facts it is printed from. Pure.

`templates/leases/agreement.html` writes one article per code below. A clause whose facts are missing is not in the
contract, whatever its heading says: that is what `clauses_written` answers.
"""

from datetime import date
from typing import Protocol

from premises.facts import TitleCode

# Always written by the model text, from the law and the practice of transitional occupation.
STANDING = frozenset(
    {"money", "inspections", "works", "insurance", "erp", "suboccupation", "termination", "exit", "data", "court"}
)
# Written from facts that may be missing.
FROM_FACTS = frozenset({"parties", "lot", "destination", "term"})
MODEL_CLAUSES = STANDING | FROM_FACTS
# Articles of the model text for one title only.
MODEL_EXTRA: dict[TitleCode, frozenset[str]] = {
    TitleCode.COP: frozenset({"circumstance", "evidence", "end_event", "no_commercial", "short_notice"}),
    TitleCode.AOT: frozenset({"precarious", "personal", "no_commercial", "works_fate"}),
    TitleCode.BAIL_DEROG: frozenset({"derogation", "total", "inspection_in"}),
}
SHORT_NOTICE_MONTHS = 3


class Party(Protocol):
    siren: str | None
    rna: str | None


class Range(Protocol):
    @property
    def lower(self) -> date | None: ...
    @property
    def upper(self) -> date | None: ...


class Contract(Protocol):
    title: str
    use: str
    end_event: str
    circumstances: str
    circumstances_proof: str
    notice_months: int
    landlord_signatory: str
    tenant_signatory: str

    @property
    def during(self) -> Range: ...


def clauses_written(contract: Contract, landlord: Party, tenant: Party) -> frozenset[str]:
    """Codes of `clauses.py` that the printed text would carry for these facts."""
    code = TitleCode(contract.title)
    facts = {
        "parties": _known(landlord, contract.landlord_signatory) and _known(tenant, contract.tenant_signatory),
        "lot": True,
        "destination": bool(contract.use.strip()),
        "term": contract.during.lower is not None
        and (contract.during.upper is not None or bool(contract.end_event.strip())),
        "circumstance": bool(contract.circumstances.strip()),
        "evidence": bool(contract.circumstances_proof.strip()),
        "end_event": bool(contract.end_event.strip()),
        "short_notice": 1 <= contract.notice_months <= SHORT_NOTICE_MONTHS,
    }
    codes = MODEL_CLAUSES | MODEL_EXTRA.get(code, frozenset())
    return frozenset(clause for clause in codes if facts.get(clause, True))


def _known(party: Party, signatory: str) -> bool:
    """A party is known by a number of a public register and by the name and quality of who signs for it."""
    return bool(party.siren or party.rna) and bool(signatory.strip())


def owner_word(code: TitleCode) -> str:
    """« le Bailleur » of a lease, « le Propriétaire » of a mere occupation."""
    return (
        "Bailleur" if code.value.startswith("BAIL") or code in {TitleCode.BRSA, TitleCode.SOUS_LOC} else "Propriétaire"
    )


def occupant_word(code: TitleCode) -> str:
    return "Preneur" if owner_word(code) == "Bailleur" else "Occupant"


def court(public_domain: bool) -> str:
    """Which court hears a dispute about the title (public domain: CG3P art. L2331-1)."""
    return "tribunal administratif" if public_domain else "tribunal judiciaire"


def half_days(slots: list[int]) -> list[str]:
    """0 = Monday morning … 13 = Sunday afternoon; empty for the whole week."""
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    return [f"{days[slot // 2]} {'après-midi' if slot % 2 else 'matin'}" for slot in sorted(slots)]
