"""What the page of an organisation shows; a structure has more: its status, its papers, what came before and after it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.accounts import documents, ess, organisations, successions
from intervalle.accounts.actor import Actor
from intervalle.accounts.forms import ROLE_LABELS, InvitationForm, OrganisationForm
from intervalle.accounts.models import EssClaim, Invitation, Organisation
from intervalle.accounts.policy import READ
from intervalle.accounts.structure_forms import ClaimForm, PaperForm
from intervalle.territory.models import Commune

# The rooms above add with whom a structure has dealings: a condition on Organisation. They see the facts, no paper.
READERS: list[Callable[[Actor], ColumnElement[bool]]] = []


def visible_to(actor: Actor) -> Select[Organisation]:
    """Structures of one's own, those whose status one checks (or has checked), those one has dealings with."""
    reviewed = select(EssClaim.organisation_id).where(EssClaim.reviewer_id.in_(actor.organisations()))
    return select(Organisation).where(
        Organisation.kind == "ess_structure",
        or_(
            Organisation.id.in_(actor.organisations(READ)),
            Organisation.id.in_(reviewed),
            *(reader(actor) for reader in READERS),
        ),
    )


def address(organisation: Organisation) -> str:
    return f"/{'structures' if organisation.kind == 'ess_structure' else 'organisations'}/{organisation.id}"


def template(organisation: Organisation) -> str:
    return "accounts/structure.html" if organisation.kind == "ess_structure" else "accounts/organisation.html"


async def context(db: AsyncSession, actor: Actor, organisation: Organisation, **forms: Any) -> dict[str, Any]:
    """Everything the page needs; a form that was refused comes in `forms` and is shown again as typed."""
    member = organisation.id in actor.own(READ)
    town = await db.get(Commune, organisation.commune_code) if organisation.commune_code else None
    found: dict[str, Any] = {
        "organisation": organisation, "member": member, "members": [], "waiting": [], "roles": dict(ROLE_LABELS),
        "form": InvitationForm(), "town": town.name if town else "",
        "edit": OrganisationForm(obj=organisation, commune=organisation.commune_code),
    }  # fmt: skip
    if member:
        found["members"] = await organisations.members(db, organisation.id)
        found["waiting"] = await _waiting(db, organisation)
    if organisation.kind == "ess_structure":
        found |= await _of_structure(db, actor, organisation, member)
    return {**found, **forms}


async def _waiting(db: AsyncSession, organisation: Organisation) -> list[Invitation]:
    rows = await db.execute(
        select(Invitation).where(
            Invitation.organisation_id == organisation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
    )
    return list(rows.scalars())


async def _of_structure(db: AsyncSession, actor: Actor, organisation: Organisation, member: bool) -> dict[str, Any]:
    claims = [(row[0], row[1]) for row in await db.execute(ess.claims_of(organisation.id))]
    papers = [(row[0], row[1], documents.standing(row[0], clock.today())) for row in await db.execute(documents.current_of([organisation.id]))]  # fmt: skip
    shown = {claim.document_id for claim, _who in claims if claim.reviewer_id in actor.organisations()}
    claim = ClaimForm()
    await offer(db, claim, organisation, papers)
    return {
        "claims": claims, "papers": papers if member else [paper for paper in papers if paper[0].id in shown],
        "kinds": documents.KIND_LABELS, "statuses": ess.STATUS_LABELS, "claim": claim, "paper": PaperForm(),
        "same": list((await db.execute(successions.same_as(organisation.id))).all()),
        "lineage": list((await db.execute(successions.lineage(organisation.id))).scalars()),
        "today": clock.today(), "file_error": "",
    }  # fmt: skip


async def offer(db: AsyncSession, form: ClaimForm, organisation: Organisation, papers: list[Any]) -> None:
    """Authorities to choose from, those of the same commune first; papers that can prove a status."""
    authorities = list((await db.execute(ess.reviewers())).scalars())
    near = sorted(authorities, key=lambda one: one.commune_code != organisation.commune_code)
    form.reviewer.offer([(str(one.id), one.name) for one in near])
    form.document.offer([(str(paper.id), paper.title) for paper, _file, _standing in papers])
