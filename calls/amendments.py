"""Changing an open call: a new version, shown to every applicant, with more time when the change is one of substance.

The version in force stays frozen while the next one is written aside. Publishing freezes the new one; drafts move to
it, submitted files keep the version they were deposited under until their authors confirm or take them back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calls import applications, approvals, changes, content, drafts, mails, openings, queries, readiness
from calls.changes import Change
from calls.drafts import CriterionLine, lock
from calls.lot_terms import terms_of
from calls.meeting_models import CallApproval
from calls.models import Application, Call, CallLot, CallVersion, Criterion, Extension
from intervalle import clock, journal, parameters
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _, instant
from intervalle.verdicts import Verdict, blocking

COPIED = (*drafts.VERSION_FIELDS, "draw_seed", "draw_commitment", "justifications")


@dataclass(frozen=True, slots=True)
class Review:
    """What the organiser reads before publishing a change, and what applicants will read of it."""

    in_force: CallVersion
    next: CallVersion
    changes: list[Change]
    verdicts: list[Verdict]
    earliest: datetime | None  # the closing that a change of substance asks for at least; None: none asked

    @property
    def blocked(self) -> bool:
        return bool(blocking(self.verdicts)) or not self.changes


async def document_of(db: AsyncSession, call: Call, version: CallVersion) -> dict[str, Any]:
    """The canonical document of a version: the one it was published with, or what it would be published with."""
    if version.content is not None:
        return version.content
    lots, criteria = await openings.parts(db, version)
    document: dict[str, Any] = content.plain(openings.version_content(call, version, lots, criteria))
    return document


async def in_force(db: AsyncSession, call: Call) -> CallVersion:
    return (await db.execute(queries.current_version(call.id))).scalar_one()


async def being_written(db: AsyncSession, call: Call) -> CallVersion | None:
    return (await db.execute(queries.amendment_of(call.id))).scalar_one_or_none()


async def save(
    db: AsyncSession, actor: Actor, call: Call, *, seen: int, values: Mapping[str, Any], lots: drafts.Lots,
    criteria: Sequence[CriterionLine],
) -> CallVersion:  # fmt: skip
    """Write the change aside; nothing is published. `seen` is 0 when the form was drawn from the version in force.

    Raises `drafts.Stale` when somebody saved meanwhile.
    """
    POLICY.check(actor, "calls.amend", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.amend", call)
    version = await being_written(db, call)
    if (version.version if version else 0) != seen:
        raise drafts.Stale
    version = version or await _copy(db, call)
    # Who reads before the closing was promised to those who have deposited already: no version changes it.
    values = {name: value for name, value in values.items() if name != "read_on_arrival"}
    await drafts.write(db, actor, call, version, values, lots, criteria)
    await _record(db, actor, call, "calls.prepare_change", {"version": version.number, "save": version.version})
    return version


async def _copy(db: AsyncSession, call: Call) -> CallVersion:
    """The next version, as the one in force stands. The seed of the draw stays: its hash was published."""
    current = await in_force(db, call)
    latest = select(func.max(CallVersion.number)).where(CallVersion.call_id == call.id)
    version = CallVersion(
        call_id=call.id, number=(await db.execute(latest)).scalar_one() + 1, version=0,
        **{name: getattr(current, name) for name in COPIED},
    )  # fmt: skip
    db.add(version)
    await db.flush()
    lots, criteria = await openings.parts(db, current)
    await db.execute(delete(CallLot).where(CallLot.version_id == version.id))
    db.add_all(drafts.lot_row(version, row.lot_id, terms_of(row)) for row, _l, _p in lots)
    await db.flush()
    await drafts.set_criteria(db, version, [CriterionLine(c.label, c.weight, c.description, c.floor) for c in criteria])
    return version


async def abandon(db: AsyncSession, actor: Actor, call: Call) -> None:
    """Drop the change being written; the version in force was never touched. Dropping twice changes nothing."""
    POLICY.check(actor, "calls.amend", call)
    call = await lock(db, call)
    version = await being_written(db, call)
    if version is None:
        return
    for table in (CallLot, Criterion, CallApproval):
        await db.execute(delete(table).where(table.version_id == version.id))
    await db.delete(version)
    await db.flush()
    await _record(db, actor, call, "calls.drop_change", {"version": version.number})


async def review(db: AsyncSession, call: Call, version: CallVersion, to: datetime | None = None) -> Review:
    """The differences, what the rules say of the new version, and how much time it asks for."""
    current = await in_force(db, call)
    lots, criteria = await openings.parts(db, version)
    found = changes.compare(await document_of(db, call, current), await document_of(db, call, version))
    assert call.opened_at is not None
    planned = await openings.visits_planned(db, call)
    draft = openings.draft_of(
        call, version, lots, criteria, call.opened_at, closes_at=to or call.closes_at, visits=planned
    )
    earliest = earliest_closing(call) if changes.material(found) else None
    return Review(current, version, found, readiness.judge(draft), earliest)


def earliest_closing(call: Call) -> datetime:
    """After a change of substance: one day more for everybody, and ten days from now at least."""
    assert call.closes_at is not None
    days = parameters.whole("call.days_after_change", clock.today())
    return max(call.closes_at + timedelta(days=1), clock.now() + timedelta(days=days))


def too_soon(call: Call, earliest: datetime | None, to: datetime | None) -> bool:
    """Whether a change of substance would leave less time than it must; to the minute, as closings are typed."""
    return earliest is not None and (to or call.closes_at or earliest) < earliest.replace(second=0, microsecond=0)


async def publish(
    db: AsyncSession, actor: Actor, call: Call, *, seen: int, reason: str, to: datetime | None
) -> CallVersion:
    """Freeze the new version, extend when it is asked for, move the drafts, tell every applicant; one journal entry.

    `to` is the new closing for everybody (None: unchanged). Raises Refused when nothing changed, when a rule blocks, or
    when a change of substance leaves too little time.
    """
    POLICY.check(actor, "calls.amend", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.amend", call)
    version = await being_written(db, call)
    if version is None or version.version != seen:
        raise Refused(
            _("Ce changement a été modifié ou publié depuis que vous l’avez relu."), _("Relisez-le, puis publiez-le.")
        )
    await approvals.refuse_unless_approved(db, call, version)
    found = await review(db, call, version, to)
    _refuse(call, found, to)
    was, now = call.closes_at, clock.now()
    if to and was and to > was:
        db.add(
            Extension(
                call_id=call.id, from_instant=was, to_instant=to, reason=reason, created_by_id=actor.user_id,
                created_at=now,
            )
        )  # fmt: skip
        call.closes_at = to
    version.change_reason, version.closes_at = reason, call.closes_at
    version.content = await document_of(db, call, version)
    version.content_sha256 = content.sha256_of(version.content)
    version.frozen_at = now
    await db.flush()
    drafts_of = await _organisations(db, call, submitted=False)
    submitted = await _organisations(db, call, submitted=True)
    await db.execute(
        update(Application)
        .where(Application.call_id == call.id, Application.submitted_at.is_(None))
        .values(call_version_id=version.id)
    )
    told = await mails.changed(db, call, version, found.changes, was=was, drafting=drafts_of, deposited=submitted)
    facts = {
        "version": version.number, "content_sha256": version.content_sha256, "reason": reason, "told": told,
        "changes": [change.label for change in found.changes], "from": content.plain(was),
        "to": content.plain(call.closes_at),
    }  # fmt: skip
    await _record(db, actor, call, "calls.amend", facts)
    return version


def _refuse(call: Call, found: Review, to: datetime | None) -> None:
    if not found.changes:
        raise Refused(_("Rien n’a changé par rapport à la version publiée."), _("Modifiez l’appel avant de publier."))
    if refused := blocking(found.verdicts):
        raise Refused(refused[0].message_fr, refused[0].way_out_fr)
    if to and call.closes_at and to < call.closes_at:
        raise Refused(_("Une date limite annoncée ne peut pas être avancée."), _("Choisissez un instant plus tardif."))
    if found.earliest and too_soon(call, found.earliest, to):
        raise Refused(
            _("Ce changement est un changement de fond : il laisse plus de temps à tout le monde."),
            _("Reportez la date limite au %(at)s ou plus tard.", at=instant(found.earliest)),
        )


async def _organisations(db: AsyncSession, call: Call, *, submitted: bool) -> list[int]:
    state = Application.submitted_at.is_not(None) if submitted else Application.submitted_at.is_(None)
    found = await db.execute(
        select(Application.organisation_id).where(
            Application.call_id == call.id, Application.withdrawn_at.is_(None), state
        )
    )
    return list(found.scalars())


async def confirm(db: AsyncSession, actor: Actor, application: Application) -> Application:
    """The authors of a submitted file maintain it as it is under the version in force; the receipt is made anew.

    Raises Refused when the new version leaves something to complete: the file is then taken back and corrected.
    """
    POLICY.check(actor, "applications.confirm", application)
    application, call = await applications.lock(db, application)
    POLICY.check(actor, "applications.confirm", application)
    applications.refuse_unless_open(call)
    current = await in_force(db, call)
    if application.call_version_id == current.id:
        return application
    application.call_version_id = current.id
    await db.flush()
    file = await applications.whole(db, application)
    if missing := file.gaps():
        raise Refused(
            missing[0].sentence, _("Reprenez la candidature, complétez-la, puis déposez-la avant la clôture.")
        )
    was = application.content_sha256
    application.content = content.plain(applications.file_content(file))
    application.content_sha256 = content.sha256_of(application.content)
    application.submitted_at, application.submitted_by_id = clock.now(), actor.user_id
    application.version += 1
    await db.flush()
    await mails.received(db, application, call, file.structure, sealed=not file.version.read_on_arrival)
    await journal.record(
        db, chain=call.chain, action="applications.confirm", subject=f"application:{application.id}",
        actor_id=actor.user_id, organisation_id=application.organisation_id,
        facts={"version": current.number, "from_sha256": was, "content_sha256": application.content_sha256},
    )  # fmt: skip
    return application


async def _record(db: AsyncSession, actor: Actor, call: Call, action: str, facts: dict[str, Any]) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
