"""The life of a call once written: open (which freezes it), extend for everybody, cancel."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import approvals, content, draw, mails, queries, readiness
from calls.drafts import lock
from calls.legality import Exemption
from calls.lot_terms import published, terms_of
from calls.meeting_models import VisitSlot
from calls.models import Call, CallLot, CallVersion, Criterion, Extension
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.verdicts import Verdict, blocking, to_justify
from premises.facts import Domain, TitleCode
from premises.models import Lot, Premises

LotRow = Row[CallLot, Lot, Premises]


def _bound(day: Any) -> date | None:
    return day if isinstance(day, date) else None


def draft_of(
    call: Call, version: CallVersion, lots: list[LotRow], criteria: list[Criterion], at: datetime,
    closes_at: datetime | None = None, visits: int = 0,
) -> readiness.Draft:  # fmt: skip
    """The plain value the rules judge; `closes_at` when it is not the call's own."""
    return readiness.Draft(
        opens_at=at, closes_at=closes_at or call.closes_at, body=version.body, title=TitleCode(version.title_code),
        circumstances=version.circumstances, economic=version.economic, occupation_from=version.occupation_from,
        occupation_until=version.occupation_until, decision_on=version.decision_on,
        questions_until=version.questions_until, answers_until=version.answers_until, visit_duty=version.visit_duty,
        visits=visits, direct=call.kind == "direct", beneficiary=version.beneficiary_id is not None,
        ground=version.direct_ground, exemption=Exemption(version.exemption) if version.exemption else None,
        statement_url=version.statement_url, statement_on=version.statement_on,
        short_or_unlimited=version.short_or_unlimited, spontaneous=version.spontaneous,
        interest_checked_on=version.interest_checked_on, excluded=version.titles_excluded,
        weights=[criterion.weight for criterion in criteria],
        lots=[
            readiness.OfferedLot(
                label=lot.label, domain=Domain(premises.regime), titles=lot.titles,
                available_from=_bound(lot.available.lower), available_until=_bound(lot.available.upper),
                published=premises.published_at is not None and premises.withdrawn_at is None,
                area=lot.area, title=TitleCode(row.title_code) if row.title_code else None, area_max=row.area_max,
                area_min=row.area_min,
            )
            for row, lot, premises in lots
        ],
    )  # fmt: skip


def version_content(call: Call, version: CallVersion, lots: list[LotRow], criteria: list[Criterion]) -> dict[str, Any]:
    """What applicants are told, and what the hash published at opening covers."""
    names = (
        "number", "body", "visits", "visit_duty", "questions_until", "answers_until", "title_code", "circumstances", "charges_only", "counterparts", "eliminatory", "required_documents", "asked", "read_on_arrival",
        "occupation_from", "occupation_until", "decision_on", "economic", "score_rule", "tie_break", "neighbourhood_share",
        "draw_commitment", "titles_excluded", "documents", "beneficiary_id", "direct_ground", "exemption", "statement_url",
        "statement_on", "max_lots", "incompatible_uses", "short_or_unlimited", "spontaneous", "interest_checked_on",
    )  # fmt: skip
    return {
        "call": call.id,
        "kind": call.kind,
        "co_organisers": sorted(call.co_organiser_ids),
        "title": call.title,
        "organiser": call.organiser_id,
        "delegate": call.delegate_id,
        "closes_at": call.closes_at,
        **{name: getattr(version, name) for name in names},
        "lots": [
            {
                "id": lot.id, "label": lot.label, "area": lot.area, "premises": premises.code, "place": premises.name,
                "conditions": row.conditions, **published(terms_of(row)),
            }
            for row, lot, premises in sorted(lots, key=lambda row: row[1].id)
        ],
        "criteria": [
            {"position": c.position, "label": c.label, "description": c.description, "weight": c.weight, "floor": c.floor}
            for c in criteria
        ],
    }  # fmt: skip


async def parts(db: AsyncSession, version: CallVersion) -> tuple[list[LotRow], list[Criterion]]:
    """Lots and criteria of a version: two queries."""
    lots = list((await db.execute(queries.lots_of_versions([version.id]))).all())
    criteria = list((await db.execute(queries.criteria_of(version.id))).scalars())
    return lots, criteria


async def verdicts_of(db: AsyncSession, call: Call, version: CallVersion) -> list[Verdict]:
    """What the rules say of this draft if it opened now."""
    lots, criteria = await parts(db, version)
    planned = await visits_planned(db, call)
    return readiness.judge(draft_of(call, version, lots, criteria, clock.now(), visits=planned))


async def visits_planned(db: AsyncSession, call: Call) -> int:
    """Hours at which the place can still be visited."""
    coming = (VisitSlot.call_id == call.id, VisitSlot.cancelled_at.is_(None), VisitSlot.ends_at > clock.now())
    return (await db.execute(select(func.count()).where(*coming).select_from(VisitSlot))).scalar_one()


async def open_call(
    db: AsyncSession, actor: Actor, call: Call, *, seen: int, justifications: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> Call:  # fmt: skip
    """Freeze the version and publish it, now or at the planned hour `at` (no job has to run: the hour is the opening). Blocking rules refuse; warnings need a written reason, which is kept.

    `seen` is the save number whose text the organiser has just read. The seed of the draw is made now and kept
    secret; its SHA-256 is published with the call, so that nobody can choose the order of a draw afterwards.
    """
    POLICY.check(actor, "calls.open", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.open", call)
    version = (
        await db.execute(queries.current_version(call.id).with_for_update().execution_options(populate_existing=True))
    ).scalar_one()
    if call.scheduled:
        raise Refused("L’ouverture est déjà programmée.", "Annulez-la pour corriger l’appel ou changer son heure.")
    if version.version != seen:
        raise Refused(
            "L’appel a été modifié depuis que vous l’avez relu : rien n’a été ouvert.", "Relisez-le, puis ouvrez-le."
        )
    lots, criteria = await parts(db, version)
    await approvals.refuse_unless_approved(db, call, version)
    now = clock.now()
    if at is not None and at <= now:
        raise Refused("L’heure d’ouverture est déjà passée.", "Choisissez une heure à venir, ou ouvrez maintenant.")
    opens = at or now
    planned = await visits_planned(db, call)
    draft = draft_of(call, version, lots, criteria, opens, visits=planned)
    reasons = _reasons(readiness.judge(draft), justifications or {})
    version.justifications = reasons
    version.draw_seed = secrets.token_hex(32)
    version.draw_commitment = draw.commit(version.draw_seed)
    call.opened_at, version.frozen_at = opens, now
    version.closes_at = call.closes_at
    version.content = content.plain(version_content(call, version, lots, criteria))
    version.content_sha256 = content.sha256_of(version.content)
    await journal.record(
        db, chain=call.chain, action="calls.open", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id,
        facts={
            "version": version.number, "content_sha256": version.content_sha256, "draw_commitment": version.draw_commitment,
            "opens_at": content.plain(opens), "closes_at": content.plain(call.closes_at), "justifications": reasons,
        },
    )  # fmt: skip
    return call


def _reasons(verdicts: list[Verdict], given: Mapping[str, str]) -> dict[str, str]:
    """The written reason for each warning; refuses when a rule blocks or a reason is missing."""
    if refused := blocking(verdicts):
        raise Refused(refused[0].message_fr, refused[0].way_out_fr)
    reasons = {verdict.id: given.get(verdict.id, "").strip() for verdict in to_justify(verdicts)}
    if missing := [rule for rule, reason in reasons.items() if not reason]:
        raise Refused(
            _("Un motif écrit est demandé pour passer outre : %(rules)s.", rules=", ".join(missing)),
            _("Écrivez-le, il sera gardé avec l’appel."),
        )
    return reasons


async def extend(db: AsyncSession, actor: Actor, call: Call, *, to: datetime, reason: str) -> Extension | None:
    """A later closing instant for everybody, told to all applicants. Asking the same instant again changes nothing."""
    POLICY.check(actor, "calls.extend", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.extend", call)
    if to == call.closes_at:
        return None
    extension = await postpone(db, actor, call, to=to, reason=reason)
    told = await mails.extended(db, call, extension)
    await journal.record(
        db, chain=call.chain, action="calls.extend", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id,
        facts={"from": content.plain(extension.from_instant), "to": content.plain(to), "reason": reason, "told": told},
    )  # fmt: skip
    return extension


async def postpone(db: AsyncSession, actor: Actor, call: Call, *, to: datetime, reason: str) -> Extension:
    """The later closing itself, on a locked call; the caller tells and records. Refused when it leaves the announced order."""
    assert call.closes_at is not None
    if to <= call.closes_at:
        raise Refused("Une date limite annoncée ne peut pas être avancée.", "Choisissez un instant plus tardif.")
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    day = to.astimezone(clock.PARIS).date()
    if (version.decision_on and day > version.decision_on) or (
        version.occupation_from and day >= version.occupation_from
    ):
        raise Refused(
            "La nouvelle clôture viendrait après la décision annoncée ou après l’entrée dans les lieux.",
            "Changez l’appel : une nouvelle version reporte ces dates et la clôture ensemble.",
        )
    extension = Extension(
        call_id=call.id, from_instant=call.closes_at, to_instant=to, reason=reason, created_by_id=actor.user_id,
        created_at=clock.now(),
    )  # fmt: skip
    db.add(extension)
    call.closes_at = to
    await db.flush()
    return extension


async def cancel(db: AsyncSession, actor: Actor, call: Call, *, reason: str) -> Call:
    """Stop the call, with a reason told to all applicants. Cancelling twice changes nothing."""
    POLICY.check(actor, "calls.cancel", call)
    call = await lock(db, call)
    if call.cancelled_at:
        return call
    POLICY.check(actor, "calls.cancel", call)
    call.cancelled_at, call.cancel_reason = clock.now(), reason
    told = await mails.cancelled(db, call)
    await journal.record(
        db, chain=call.chain, action="calls.cancel", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"reason": reason, "told": told},
    )  # fmt: skip
    return call
