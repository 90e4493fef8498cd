"""What awaits a structure: its files, the groups that ask it in, the places offered to it."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import award_sentences, letters
from allocation.assignment.models import Award
from allocation.relocation.models import RelocationOffer, RelocationPath
from calls import queries as calling
from calls import sentences, structure_twins
from calls.models import Application, ApplicationMember, Call, CallVersion
from calls.need_models import Need, NeedContact
from intervalle import clock
from intervalle.accounts import documents, ess, joining
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation, StructureDocument
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.awaiting.task import MOST, Task, paris_day
from intervalle.i18n import _, day, instant
from premises.models import Lot, Premises


async def applications(db: AsyncSession, actor: Actor) -> list[Task]:
    """Files of one's structures: drafts with the closing instant, files under examination. Decisions: see `answers`."""
    now = clock.now()
    rows = await db.execute(
        calling.applications_mine(actor)
        .add_columns(Call, CallVersion.decision_on, CallVersion.read_on_arrival)
        .join(Call, Call.id == Application.call_id)
        .join(CallVersion, CallVersion.id == Application.call_version_id)
        .where(
            Application.withdrawn_at.is_(None),
            or_(Application.typed_by_id.is_(None), Application.submitted_at.is_not(None)),
            Call.cancelled_at.is_(None),
            Call.released_at.is_(None),
            or_(Call.closes_at > now, Application.submitted_at.is_not(None)),
        )
        .order_by(Call.closes_at, Application.id)
        .limit(MOST)
    )
    return [
        _application(actor, one, call, decision_on, now, sealed=not early) for one, call, decision_on, early in rows
    ]


def _application(
    actor: Actor, one: Application, call: Call, decision_on: date | None, now: datetime, *, sealed: bool
) -> Task:
    stage = sentences.application_stage(one, call, now)
    path = "/dossier/projet" if stage == "draft" else ""
    return Task(
        _("%(project)s, appel « %(call)s »", project=one.project_name or one.label, call=call.title),
        sentences.application_sentence(one, call, now, decision_on, sealed=sealed),
        f"/candidatures/{one.id}{path}",
        stage == "draft" and POLICY.can(actor, "applications.draft", one),
        {"draft": paris_day(call.closes_at), "submitted": paris_day(call.closes_at), "examined": decision_on}.get(
            stage
        ),
    )


async def statuses_to_check(db: AsyncSession, actor: Actor) -> list[Task]:
    """ESS statuses that wait for the word of one's authority."""
    rows = await db.execute(ess.to_review(actor).limit(MOST))
    return [
        Task(
            _("Statut ESS de %(name)s", name=structure.name),
            _("À vous : lisez la pièce, puis dites si elle établit le statut.")
            if POLICY.can(actor, "ess.review", claim)
            else _("À vos collègues : lire la pièce, puis dire si elle établit le statut."),
            f"/structures/{structure.id}/verification",
            POLICY.can(actor, "ess.review", claim),
        )
        for claim, structure in rows
    ]


async def papers(db: AsyncSession, actor: Actor) -> list[Task]:
    """Papers of one's structures that can no longer be relied on, or not for long."""
    today = clock.today()
    rows = await db.execute(
        documents.current_of(actor.own(WRITE))
        .where(StructureDocument.valid_until <= today + documents.SOON)
        .order_by(None)
        .order_by(StructureDocument.valid_until, StructureDocument.id)
        .limit(MOST)
    )
    return [
        Task(
            _("Pièce à renouveler : %(title)s", title=paper.title),
            _("À vous : cette pièce ne vaut plus depuis le %(day)s. Déposez la nouvelle, elle servira à chaque candidature.", day=day(paper.valid_until))
            if documents.standing(paper, today) == "expired"
            else _("À vous : cette pièce vaut jusqu’au %(day)s. Déposez la suivante à temps.", day=day(paper.valid_until)),
            f"/structures/{paper.organisation_id}#pieces",
            True,
            paper.valid_until,
            documents.standing(paper, today) == "expired",
        )
        for paper, _file in rows
    ]  # fmt: skip


async def joins(db: AsyncSession, actor: Actor) -> list[Task]:
    """People who ask to act for an organisation, and wait for this person's answer; and one's own requests."""
    waiting = await db.execute(joining.to_answer(actor).limit(MOST))
    asked = await db.execute(joining.asked_by(actor).limit(MOST))
    return [
        *(
            Task(
                _("%(who)s demande à rejoindre %(name)s", who=person.name, name=organisation.name),
                _("À vous : confirmez que cette personne agit pour la structure, ou dites pourquoi non."),
                "/rattachements",
                True,
            )
            for _one, organisation, person in waiting
        ),
        *(
            Task(
                _("Votre demande de rejoindre %(name)s", name=organisation.name),
                _("Votre demande est examinée ; la réponse vous sera écrite."),
                "/rattachements",
                False,
            )
            for _one, organisation in asked
        ),
    ]


async def twins(db: AsyncSession, actor: Actor) -> list[Task]:
    """Structures typed at the desk that look like another one."""
    if not POLICY.can(actor, "structures.decide_twins"):
        return []
    return [
        Task(
            _("%(one)s et %(other)s se ressemblent", one=pair.first.name, other=pair.second.name),
            _("À vous : dites si c’est une seule structure, inscrite deux fois."),
            "/structures/doublons",
            True,
        )
        for pair in (await structure_twins.found(db, actor))[:MOST]
    ]


async def contacts(db: AsyncSession, actor: Actor) -> list[Task]:
    """Owners who wrote to one's structure without knowing its name, and wait for its answer."""
    rows = await db.execute(
        select(NeedContact, Need, Organisation)
        .join(Need, Need.id == NeedContact.need_id)
        .join(Organisation, Organisation.id == NeedContact.organisation_id)
        .where(
            Need.organisation_id.in_(actor.organisations(scope="calls")), Need.closed_at.is_(None),
            NeedContact.accepted_at.is_(None), NeedContact.declined_at.is_(None),
        )
        .order_by(NeedContact.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Task(
            _("%(owner)s voudrait vous parler de « %(need)s »", owner=owner.name, need=need.title),
            _("À vous : acceptez de montrer vos coordonnées, ou ne donnez pas suite."),
            f"/besoins/{need.id}",
            POLICY.can(actor, "needs.edit", need),
        )
        for _contact, need, owner in rows
    ]


async def invitations(db: AsyncSession, actor: Actor) -> list[Task]:
    """Groups that ask one's structure to join them."""
    rows = await db.execute(
        select(ApplicationMember, Application, Call)
        .join(Application, Application.id == ApplicationMember.application_id)
        .join(Call, Call.id == Application.call_id)
        .where(
            ApplicationMember.organisation_id.in_(actor.organisations(scope="calls")),
            ApplicationMember.accepted_at.is_(None),
            ApplicationMember.left_at.is_(None),
            Application.withdrawn_at.is_(None),
            Call.cancelled_at.is_(None),
            Call.closes_at > clock.now(),
        )
        .limit(MOST)
    )
    return [
        Task(
            _("Invitation à l’appel « %(call)s »", call=call.title),
            _("À vous : rejoignez ce groupement ou déclinez avant le %(closing)s.", closing=instant(call.closes_at)),
            f"/candidatures/{one.id}",
            POLICY.can(actor, "applications.answer", member),
            paris_day(call.closes_at),
        )
        for member, one, call in rows
    ]


async def offers(db: AsyncSession, actor: Actor) -> list[Task]:
    """Places offered to one's structures, to accept or decline before the offer lapses."""
    rows = await db.execute(
        select(Award, Lot, Premises)
        .join(Lot, Lot.id == Award.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(
            Award.organisation_id.in_(actor.organisations()),
            Award.released_at.is_not(None),
            Award.accepted_at.is_(None),
            Award.declined_at.is_(None),
            Award.offer_expires_at > clock.now(),
        )
        .limit(MOST)
    )
    return [
        Task(
            _("%(place)s, lot %(lot)s : une place vous est proposée", place=premises.name, lot=lot.label),
            award_sentences.award_for_structure("offered", letters.last_day(award)),
            f"/candidatures/{award.application_id}/decision",
            POLICY.can(actor, "awards.answer", award),
            letters.last_day(award),
        )
        for award, lot, premises in rows
    ]


async def places_offered(db: AsyncSession, actor: Actor) -> list[Task]:
    """Lots offered to one's structures for their relocation, without an answer yet."""
    rows = await db.execute(
        select(RelocationOffer, RelocationPath, Lot, Premises)
        .join(RelocationPath, RelocationPath.id == RelocationOffer.path_id)
        .join(Lot, Lot.id == RelocationOffer.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(
            RelocationPath.organisation_id.in_(actor.organisations()),
            RelocationPath.closed_at.is_(None),
            RelocationOffer.answer.is_(None),
        )
        .order_by(RelocationOffer.offered_at)
        .limit(MOST)
    )
    return [
        Task(
            _("%(place)s, lot %(lot)s, proposé pour votre relogement", place=premises.name, lot=lot.label),
            _("À vous : répondez à cette proposition, avant votre sortie le %(day)s.", day=day(path.exit_on)),
            f"/relogement/{path.id}",
            POLICY.can(actor, "relocation.answer", path),
            path.exit_on,
        )
        for _offer, path, lot, premises in rows
    ]
