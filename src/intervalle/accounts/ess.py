"""ESS status: a structure says what it is with its proof; the authority it chose checks it, with its reason, dated.

Loi 2014-856, art. 1: associations, foundations, cooperatives and mutuals are of the ESS by their form; a company, by
the social utility its articles write down. « À vérifier » is a state: nothing is refused for it.
"""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, journal, later, mail
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import EssClaim, Membership, Organisation, StructureDocument, User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import N_, _
from intervalle.settings import settings

STATUS_LABELS = {
    "association": N_("Association"),
    "foundation": N_("Fondation ou fonds de dotation"),
    "cooperative": N_("Coopérative (SCIC, SCOP…)"),
    "mutual": N_("Mutuelle"),
    "ess_company": N_("Société commerciale de l’ESS (statuts, ESUS)"),
    "not_ess": N_("Hors ESS"),
    "to_check": N_("À vérifier"),
}
REVIEWERS = ("city", "epci", "support_body")


def reviewers() -> Select[Organisation]:
    """Authorities that check statuses; those of the structure's own commune are offered first by the page."""
    return select(Organisation).where(Organisation.kind.in_(REVIEWERS)).order_by(Organisation.name, Organisation.id)


def claims_of(organisation_id: int) -> Select[EssClaim, Organisation]:
    return (
        select(EssClaim, Organisation)
        .join(Organisation, Organisation.id == EssClaim.reviewer_id)
        .where(EssClaim.organisation_id == organisation_id)
        .order_by(EssClaim.id.desc())
    )


def to_review(actor: Actor) -> Select[EssClaim, Organisation]:
    """Claims that wait for one's organisations, the oldest first."""
    return (
        select(EssClaim, Organisation)
        .join(Organisation, Organisation.id == EssClaim.organisation_id)
        .where(EssClaim.reviewer_id.in_(actor.organisations()), EssClaim.reviewed_at.is_(None))
        .order_by(EssClaim.claimed_at, EssClaim.id)
    )


async def claim(
    db: AsyncSession, actor: Actor, organisation: Organisation, *, status: str, reviewer_id: int, document: StructureDocument | None,
) -> EssClaim:  # fmt: skip
    """Ask for a check. While the answer is awaited, asking again corrects what was asked."""
    POLICY.check(actor, "ess.claim", organisation)
    reviewer = (await db.execute(reviewers().where(Organisation.id == reviewer_id))).scalar_one_or_none()
    if reviewer is None:
        raise Refused(_("Cette organisation ne vérifie pas les statuts."), _("Choisissez-en une dans la liste."))
    if document is not None and document.organisation_id != organisation.id:
        raise Refused(_("Cette pièce n’est pas une des vôtres."), _("Choisissez-en une dans la liste."))
    await db.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update(key_share=True))
    waiting = select(EssClaim).where(EssClaim.organisation_id == organisation.id, EssClaim.reviewed_at.is_(None))
    made = (await db.execute(waiting.execution_options(populate_existing=True))).scalar_one_or_none()
    facts = (status, reviewer_id, document.id if document else None)
    if made and (made.status, made.reviewer_id, made.document_id) == facts:
        return made
    if made is None:
        made = EssClaim(organisation_id=organisation.id)
        db.add(made)
    made.status, made.reviewer_id, made.document_id = facts
    made.claimed_at, made.claimed_by_id = clock.now(), actor.user_id
    if organisation.ess_status != status:
        organisation.ess_status = "to_check"
    await db.flush()
    await _record(db, actor, made, "ess.claim", {"status": status, "reviewer": reviewer_id})
    return made


async def review(db: AsyncSession, actor: Actor, claim: EssClaim, *, accepted: bool, reason: str) -> EssClaim:
    """The authority's word, once. A refusal says why; the structure may ask again with another proof."""
    claim = (
        await db.execute(
            select(EssClaim).where(EssClaim.id == claim.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    POLICY.check(actor, "ess.review", claim)
    if not accepted and not reason.strip():
        raise Refused(_("Dites pourquoi : la structure doit savoir quoi corriger."), _("Écrivez le motif."))
    organisation = await db.get_one(Organisation, claim.organisation_id)
    claim.reviewed_at, claim.reviewed_by_id = clock.now(), actor.user_id
    claim.accepted, claim.reason = accepted, reason.strip()
    organisation.ess_status = claim.status if accepted else "to_check"
    await db.flush()
    await _record(
        db, actor, claim, "ess.review", {"status": claim.status, "accepted": accepted, "reason": claim.reason}
    )
    await _tell(db, claim, organisation)
    return claim


async def _tell(db: AsyncSession, claim: EssClaim, organisation: Organisation) -> None:
    people = await db.execute(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id == organisation.id, Membership.ended_at.is_(None),
            Membership.role.in_(("admin", "editor")), User.disabled_at.is_(None),
        )
    )  # fmt: skip
    for person in people.scalars():
        said = later._("Le statut ESS de %(name)s est vérifié.", name=organisation.name) if claim.accepted else later._(
            "Le statut ESS de %(name)s n’a pas pu être vérifié. Motif : %(reason)s", name=organisation.name, reason=claim.reason
        )  # fmt: skip
        await mail.post(
            db, to=person.email, user_id=person.id, kind="ess.reviewed", dedupe=f"ess:{claim.id}:{person.id}",
            subject=later._("Votre statut ESS"), text=said + f"\n\n{settings().base_url}/structures/{organisation.id}\n",
        )  # fmt: skip


async def _record(db: AsyncSession, actor: Actor, claim: EssClaim, action: str, facts: dict[str, object]) -> None:
    await journal.record(
        db, chain=f"organisation:{claim.organisation_id}", action=action, subject=f"ess_claim:{claim.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=claim.reviewer_id if action == "ess.review" else claim.organisation_id,
    )  # fmt: skip
