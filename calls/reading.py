"""A file as people read it: by its authors, by the organiser after closing, and by jurors in the room above.

`templates/calls/_application.html` draws a `FileView`; give it as `file`. What was submitted is read from its frozen
content, so that everybody reads what the hash covers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, paper, project_budget, uses
from calls.applications import file_content, whole
from calls.conditions import Condition
from calls.group_shares import Share
from calls.models import Application
from calls.sections import COMMITMENTS, DAYS, HALVES, SECTIONS, slot
from intervalle.accounts.document_kinds import KIND_LABELS
from intervalle.i18n import N_, _, area, day, money, ngettext, number
from premises.facts import Erp

ESS_LABELS = {
    "association": N_("association"), "foundation": N_("fondation"), "cooperative": N_("coopérative"),
    "mutual": N_("mutuelle"), "ess_company": N_("société commerciale de l’ESS"), "not_ess": N_("hors ESS"),
    "to_check": N_("statut ESS à vérifier"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    key: str
    section: str
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class WishView:
    """One lot of the call: `rank` None when it does not fit."""

    lot_id: int
    label: str
    rank: int | None
    areas: str


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A joined document; sizes in bytes, hashes in hexadecimal. `sent` is the hash of what was sent, when it differs."""

    id: int
    kind: str
    name: str
    size: int
    sha256: str
    sent: str
    scanned: bool

    @property
    def weight(self) -> str:
        """« 340 ko », « 2,4 Mo »."""
        if self.size < 1_048_576:
            return _("%(n)s ko", n=number(max(1, self.size // 1024)))
        return _("%(n)s Mo", n=number(round(Decimal(self.size) / 1_048_576, 1)))


@dataclass(frozen=True, slots=True)
class FileView:
    """Everything the fragment shows; made from the submitted content, or from the draft."""

    id: int
    label: str
    name: str
    structure: str
    line: str
    neighbourhood: bool
    summary: str
    facts: list[tuple[str, str]]
    week: list[tuple[str, list[bool]]]
    whole_week: bool
    wishes: list[WishView]
    members: list[tuple[str, str]]
    answers: list[Answer]
    documents: list[DocumentView]
    budget: list[tuple[str, list[project_budget.Line], int]]  # (side, its lines, their total in cents)
    conditions: list[Condition] = field(default_factory=list)
    typed: str = ""  # « Saisie par … », for a file received on paper

    @property
    def days(self) -> list[str]:
        return [_(name)[:3] for name in DAYS]


async def file_of(db: AsyncSession, application: Application) -> FileView:
    """The view of one file: from its frozen content once submitted, from the draft before."""
    document = application.content or content.plain(file_content(await whole(db, application)))
    return view(application.id, document)


def view(application_id: int, document: Mapping[str, Any]) -> FileView:
    """Pure: from the canonical document to what people read."""
    facts, structure, answers = document["facts"], document["structure"], document["answers"]
    status = _(ESS_LABELS[structure["ess_status"]]) if structure["ess_status"] else ""
    siren = _("SIREN %(siren)s", siren=structure["siren"]) if structure["siren"] else ""
    rooted = _("implantée dans le quartier prioritaire") if facts["neighbourhood"] else ""
    return FileView(
        id=application_id,
        label=document["label"],
        name=facts["project_name"] or _("Projet sans nom"),
        structure=structure["name"],
        line=" · ".join(part for part in (status, siren, rooted) if part),
        neighbourhood=bool(facts["neighbourhood"]),
        summary=answers.get("summary", ""),
        facts=_facts(document),
        week=[(_(half), [slot(d, h) in facts["slots"] for d in range(7)]) for h, half in enumerate(HALVES)],
        whole_week=not facts["slots"],
        wishes=[
            WishView(w["lot"], w["label"], w["rank"], areas(w["area_min"], w["area_max"]))
            for w in sorted(document["lots"], key=lambda w: (w["rank"] is None, w["rank"] or 0, w["label"]))
        ],
        members=[(m["name"], _share(m).line) for m in document["members"]],
        answers=[
            Answer(q.key, _(s.title), _(q.label), answers.get(q.key, "")) for s in SECTIONS for q in s.questions if q.key != "summary"
        ],
        budget=[
            (label, lines, project_budget.total(lines))
            for side, label in (("expense", _("Dépenses")), ("income", _("Recettes")))
            if (lines := project_budget.lines_in(facts.get("budget_lines") or {}, side))
        ],
        documents=[_document(d) for d in document.get("documents", [])],
        conditions=[Condition(**c) for c in document.get("conditions", [])],
        typed=paper.mark_of(document.get("received")),
    )  # fmt: skip


def _share(m: Mapping[str, Any]) -> Share:
    held = [m.get(name) for name in ("area", "hours_week", "rent_percent")]
    return Share(*(None if value is None else Decimal(value) for value in held))


def _document(d: Mapping[str, Any]) -> DocumentView:
    sent = d["sent_sha256"] if d["sent_sha256"] != d["sha256"] else ""
    return DocumentView(
        d["id"], _(KIND_LABELS[d["kind"]]), d["name"], d["size"], d["sha256"], sent, d["scan"] == "clean"
    )


def areas(low: Any, high: Any) -> str:
    """« 60 à 80 m² », « 60 m² », or nothing; areas as decimals or as their text."""
    known = [Decimal(value) for value in (low, high) if value is not None]
    if not known:
        return ""
    if min(known) == max(known):
        return area(known[0])
    return _("%(low)s à %(high)s", low=number(min(known).normalize()), high=area(max(known)))


def _facts(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = document["facts"]
    ranked = sorted((w for w in document["lots"] if w["rank"] is not None), key=lambda w: (w["rank"], w["label"]))
    lows = [Decimal(w["area_min"]) for w in ranked if w["area_min"]]
    highs = [Decimal(w["area_max"]) for w in ranked if w["area_max"]]
    wanted = areas(min(lows), max([*highs, *lows])) if lows else ""
    needs = [
        label
        for name, label in (
            ("needs_ground_floor", _("rez-de-chaussée")), ("needs_water", _("point d’eau")), ("needs_step_free", _("plain-pied")),
        )
        if facts[name]
    ]  # fmt: skip
    return [
        (_("Demande"), wanted),
        (_("Lots visés"), ", ".join(w["label"] for w in ranked)),
        (_("Emplois"), _("%(n)s ETP", n=number(Decimal(facts["jobs_fte"]))) if facts["jobs_fte"] else ""),
        (_("Budget"), money(facts["budget_cents"], 0) if facts["budget_cents"] is not None else ""),
        (_("Charges supportables"), _("%(amount)s/m²/an", amount=money(facts["max_charges_cents_m2_year"])) if facts["max_charges_cents_m2_year"] is not None else ""),
        (_("Usages"), " · ".join(_(label) for label in uses.labels(facts["uses"]))),
        (_("Public"), _public(facts)),
        (_("Besoins"), ", ".join(needs)),
        (_("Entrée souhaitée"), _wished(facts)),
        (_("Assurance"), _("assurée à l’entrée") if facts.get("insured") else ""),
        (_("Engagement républicain"), _(COMMITMENTS[said]) if (said := facts.get("republican_commitment")) else ""),
    ]  # fmt: skip


def _wished(facts: Mapping[str, Any]) -> str:
    """« 1er mars 2027, pour 18 mois »; files of older forms say nothing of it."""
    start, months = facts.get("wished_from"), facts.get("wished_months")
    entry = day(date.fromisoformat(start)) if start else ""
    length = ngettext("pour un mois", "pour %(n)s mois", months) if months else ""
    return ", ".join(part for part in (entry, length) if part)


def _public(facts: Mapping[str, Any]) -> str:
    if not facts["erp_type"]:
        return ""
    kind = _("type %(letter)s", letter=Erp(facts["erp_type"]).value)
    return (
        kind
        if facts["public_count"] is None
        else _("%(kind)s, %(n)s personnes", kind=kind, n=number(facts["public_count"]))
    )
