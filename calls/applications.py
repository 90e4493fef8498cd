"""Applications: start, draft, submit, take back, withdraw.

The deadline is enforced here and nowhere else, by server time read after the row locks are held (AMI-03).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import completeness, conditions, content, mails, paper, queries, workflow
from calls.duty import Visit, visit_gaps
from calls.group_shares import Share, left_to_lead
from calls.lot_terms import LotTerms, terms_of
from calls.models import Application, ApplicationDocument, ApplicationMember, Call, CallLot, CallVersion, LotWish
from calls.sections import BY_SLUG, FORM, QUESTIONS
from calls.visits import visits_of
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.document_kinds import KIND_LABELS
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import _, instant
from intervalle.outbox import StoredFile
from premises.models import Lot, Premises

FACTS = frozenset(name for section in BY_SLUG.values() for name in section.facts) - {"conditions"}


@dataclass(frozen=True, slots=True)
class Whole:
    """An application with what hangs on it."""

    application: Application
    structure: Organisation
    call: Call
    version: CallVersion
    wishes: list[Row[LotWish, Lot, Premises]]
    members: list[Row[ApplicationMember, Organisation]]
    documents: list[Row[ApplicationDocument, StoredFile]]
    visits: tuple[Visit, ...] = ()  # read only when the call makes the visit a duty
    terms: Mapping[int, LotTerms] = field(default_factory=dict)  # by lot
    typist: Organisation | None = None  # who typed the file in, when it came on paper

    @property
    def present(self) -> list[tuple[ApplicationMember, Organisation]]:
        """Partners who have not declined or left."""
        return [(member, org) for member, org in self.members if member.left_at is None]

    @property
    def asked(self) -> Decimal | None:
        """The largest area asked for, m²; None while no lot is ranked with an area."""
        areas = [w.area_max or w.area_min for w, _lot, _premises in self.wishes if w.rank is not None]
        return max((one for one in areas if one is not None), default=None)

    @property
    def lead_share(self) -> Share:
        return left_to_lead(self.asked, [member.share for member, _org in self.present])

    def gaps(self) -> list[completeness.Gap]:
        wishes = [
            completeness.Wish(
                lot.id,
                lot.label,
                lot.area,
                w.rank,
                w.area_min,
                w.area_max,
                self.terms.get(lot.id, completeness.NO_TERMS),
            )
            for w, lot, _premises in self.wishes
        ]
        partners = [
            completeness.Partner(org.name, member.accepted_at is not None, member.share) for member, org in self.present
        ]
        held = {document.kind for document, _stored in self.documents}
        missing = [_(KIND_LABELS[kind]) for kind in self.version.required_documents if kind not in held]
        said = conditions.lacking(self.conditions)
        asked, status = self.version.asked or (), self.structure.ess_status
        found = completeness.gaps(self.application, wishes, partners, missing, said, asked, status)
        return [*found, *self._visit_gaps()]

    @property
    def conditions(self) -> list[conditions.Condition]:
        """The call's eliminatory conditions with the answers of this file."""
        return conditions.asked(self.version.eliminatory, self.application.conditions or {})

    def _visit_gaps(self) -> list[completeness.Gap]:
        """Places asked for and not visited, when the call makes the visit a duty."""
        places = {
            premises.id: premises.name
            for w, lot, premises in self.wishes
            if w.rank is not None
            and (self.version.visit_duty or self.terms.get(lot.id, completeness.NO_TERMS).visit_duty)
        }
        return [completeness.Gap("lots", said) for said in visit_gaps(places, self.visits, clock.now())]


def submitted_of(call: Call) -> Select[Application]:
    """Submitted and not withdrawn, in order of number: what the rooms above work on."""
    return (
        select(Application)
        .where(
            Application.call_id == call.id, Application.submitted_at.is_not(None), Application.withdrawn_at.is_(None)
        )
        .order_by(Application.number)
    )


async def mine_for(db: AsyncSession, actor: Actor, call: Call) -> list[Application]:
    """The applications of the actor's structures to this call (their own, or as partners)."""
    if not actor.signed_in:
        return []
    found = await db.execute(queries.applications_mine(actor).where(_held_by(call)).order_by(Application.id))
    return list(found.scalars())


def _held_by(call: Call) -> ColumnElement[bool]:
    """Files of the call, and those taken from it in a batch that has not been answered yet: one file at a time."""
    batches = select(Call.id).where(
        Call.batch_of_id == call.id, Call.released_at.is_(None), Call.cancelled_at.is_(None)
    )
    taken = and_(Application.call_id.in_(batches), Application.withdrawn_at.is_(None))
    return or_(Application.call_id == call.id, taken)


async def whole(db: AsyncSession, application: Application) -> Whole:
    """Six queries (seven for a file typed in), whatever the number of lots, partners and documents."""
    structure, call, version = (
        await db.execute(
            select(Organisation, Call, CallVersion)
            .join(Application, Application.organisation_id == Organisation.id)
            .join(Call, Call.id == Application.call_id)
            .join(CallVersion, CallVersion.id == Application.call_version_id)
            .where(Application.id == application.id)
        )
    ).one()  # fmt: skip
    # A lot that a later version of the call took away is no longer asked for.
    rows = (await db.execute(select(CallLot).where(CallLot.version_id == application.call_version_id))).scalars()
    terms = {row.lot_id: terms_of(row) for row in rows}
    wishes = list((await db.execute(queries.wishes_of([application.id]).where(LotWish.lot_id.in_(terms)))).all())
    members = list((await db.execute(queries.members_of([application.id]))).all())
    documents = list((await db.execute(queries.documents_of([application.id]))).all())
    seen = await visits_of(db, application) if version.visit_duty or any(t.visit_duty for t in terms.values()) else []
    typist = None
    if application.typed_by_id:
        who = select(Organisation).where(Organisation.id == application.typed_by_id)
        typist = (await db.execute(who)).scalar_one()
    return Whole(application, structure, call, version, wishes, members, documents, tuple(seen), terms, typist)


async def start(db: AsyncSession, actor: Actor, call: Call, *, organisation_id: int) -> Application:
    """The structure's one application to this call: the existing one, or a new draft."""
    POLICY.check(actor, "applications.start")
    if organisation_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas candidater pour cette structure.")
    call = (
        await db.execute(
            select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    mine = select(Application).where(_held_by(call), Application.organisation_id == organisation_id)
    if existing := (await db.execute(mine.order_by(Application.id.desc()).limit(1))).scalar_one_or_none():
        return existing
    refuse_unless_open(call)
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    if call.kind == "direct" and organisation_id != version.beneficiary_id:
        raise Refused(
            _("Cette attribution est directe : elle est proposée à une seule structure."),
            _("Son motif est publié sur la page de l’appel ; écrivez à l’organisateur si vous êtes intéressés."),
        )
    application = Application(
        call_id=call.id, call_version_id=version.id, organisation_id=organisation_id,
        number=await next_number(db, call), created_by_id=actor.user_id, created_at=clock.now(),
    )  # fmt: skip
    db.add(application)
    await db.flush()
    await db.refresh(application)
    await _record(db, actor, call, application, "applications.start", {})
    return application


async def next_number(db: AsyncSession, call: Call) -> int:
    """The next number of a file in its call, whose row the caller holds locked."""
    with_batches = select(Call.id).where(or_(Call.id == call.id, Call.batch_of_id == call.id))
    taken = select(func.max(Application.number)).where(Application.call_id.in_(with_batches))
    return ((await db.execute(taken)).scalar_one() or 0) + 1


def refuse_unless_open(call: Call) -> None:
    """Raises Refused in words when the call takes no deposit at this instant of the server's clock."""
    now = clock.now()
    if workflow.call_state(call, now) == "open":
        return
    if workflow.too_late(call, now):
        raise Refused(
            _("L’appel a clos le %(closing)s. Il était %(now)s quand votre demande est arrivée.",
              closing=instant(call.closes_at), now=instant(now)),
            _("Votre brouillon est gardé et reste lisible ; écrivez à l’organisateur si un incident vous a empêché de déposer."),
        )  # fmt: skip
    raise Refused(
        _("Cet appel ne reçoit pas de candidatures en ce moment."), _("Revenez à sa page pour voir où il en est.")
    )


async def lock(db: AsyncSession, application: Application) -> tuple[Application, Call]:
    """The call's row (shared: an extension waits), then the application's, both read afresh."""
    call = (
        await db.execute(
            select(Call)
            .where(Call.id == application.call_id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    fresh = (
        await db.execute(
            select(Application)
            .where(Application.id == application.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    if fresh.call_id != call.id:  # taken into a batch meanwhile
        found = select(Call).where(Call.id == fresh.call_id).with_for_update(read=True)
        call = (await db.execute(found.execution_options(populate_existing=True))).scalar_one()
    return fresh, call


def received(whole: Whole) -> dict[str, Any] | None:
    """How a file typed in came in; None for one its structure sent."""
    application = whole.application
    if whole.typist is None:
        return None
    return {
        "typed_by": whole.typist.name, "typed_by_id": whole.typist.id, "by": application.received_by,
        "at": application.received_at, "unidentified": application.unidentified,
    }  # fmt: skip


def typed_mark(whole: Whole) -> str:
    return paper.mark_of(content.plain(received(whole)))


def file_content(whole: Whole) -> dict[str, Any]:
    """The application as submitted: what the receipt's hash covers and what the panel reads."""
    application = whole.application
    return {
        **({"received": received(whole)} if whole.typist else {}),
        "form": FORM,
        "call": application.call_id,
        "call_version": whole.version.number,
        "call_content_sha256": whole.version.content_sha256,
        "label": application.label,
        "structure": {
            "id": whole.structure.id, "name": whole.structure.name, "siren": whole.structure.siren,
            "rna": whole.structure.rna, "ess_status": whole.structure.ess_status,
        },
        "facts": {name: getattr(application, name) for name in sorted(FACTS)},
        "answers": {key: str(application.answers.get(key, "")) for key in QUESTIONS},
        "conditions": [{"text": c.text, "answer": c.answer, "comment": c.comment} for c in whole.conditions],
        "lots": [
            {"lot": lot.id, "label": lot.label, "rank": w.rank, "area_min": w.area_min, "area_max": w.area_max}
            for w, lot, _premises in sorted(whole.wishes, key=lambda row: row[1].id)
        ],
        "members": [
            {"id": org.id, "name": org.name, "siren": org.siren, "area": member.area, "hours_week": member.hours_week, "rent_percent": member.rent_percent, "accepted_at": member.accepted_at}
            for member, org in whole.present
        ],
        "documents": [
            {"id": document.id, "kind": document.kind, "name": stored.name, "type": stored.content_type, "size": stored.size,
             "sha256": stored.sha256.hex(), "sent_sha256": document.sent_sha256.hex(), "scan": stored.scan}
            for document, stored in sorted(whole.documents, key=lambda row: row[0].id)
        ],
    }  # fmt: skip


async def submit(db: AsyncSession, actor: Actor, application: Application) -> Application:
    """Deposit, at any second before closing. Submitting again what is submitted changes nothing and says so.

    Raises Refused after closing, or with the first missing thing in words. The receipt leaves by the outbox.
    """
    POLICY.check(actor, "applications.submit", application)
    application, call = await lock(db, application)
    if application.stage() == "submitted":
        return application
    POLICY.check(actor, "applications.submit", application)
    if application.typed_by_id:
        raise Refused(_("Ce dossier est saisi d’après un dossier reçu : enregistrez-le plutôt que de le déposer."))
    refuse_unless_open(call)
    file = await whole(db, application)
    if missing := file.gaps():
        raise Refused(missing[0].sentence, _("Complétez le dossier, puis déposez-le."))
    document = content.plain(file_content(file))
    application.content = document
    application.content_sha256 = content.sha256_of(document)
    application.submitted_at, application.submitted_by_id = clock.now(), actor.user_id
    application.version += 1
    await db.flush()
    await mails.received(db, application, call, file.structure, sealed=not file.version.read_on_arrival)
    await _record(
        db, actor, call, application, "applications.submit",
        {"content_sha256": application.content_sha256, "label": application.label},
    )  # fmt: skip
    return application


async def take_back(db: AsyncSession, actor: Actor, application: Application) -> Application:
    """Before closing, a deposit (or a withdrawn file) becomes a draft again. The journal keeps its hash.

    A structure that takes back a file typed in for it makes it its own: it is then deposited like any other.
    """
    POLICY.check(actor, "applications.take_back", application)
    application, call = await lock(db, application)
    if application.stage() == "draft":
        return application
    refuse_unless_open(call)
    was = application.content_sha256
    application.submitted_at = application.submitted_by_id = application.content_sha256 = application.content = None
    application.withdrawn_at = application.typed_by_id = application.received_at = application.received_by = None
    application.version += 1
    await db.flush()
    await _record(db, actor, call, application, "applications.take_back", {"content_sha256": was})
    return application


async def withdraw(db: AsyncSession, actor: Actor, application: Application) -> Application:
    """The applicant gives up, at any time before the decisions. Withdrawing twice changes nothing."""
    POLICY.check(actor, "applications.withdraw", application)
    application, call = await lock(db, application)
    if application.withdrawn_at:
        return application
    if workflow.call_state(call, clock.now()) == "released":
        raise Refused(
            _("Les décisions sont déjà parties : une candidature ne se retire plus."),
            _("Si un lot vous est attribué, répondez à la proposition."),
        )
    application.withdrawn_at = clock.now()
    await db.flush()
    await _record(db, actor, call, application, "applications.withdraw", {"content_sha256": application.content_sha256})
    return application


async def _record(
    db: AsyncSession, actor: Actor, call: Call, application: Application, action: str, facts: dict[str, Any]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{application.id}", actor_id=actor.user_id,
        organisation_id=application.organisation_id, facts=facts,
    )  # fmt: skip
