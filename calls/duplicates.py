"""Duplicates among the files of a call: proposed with their signs, decided by a person, and the decision stays.

Only on files that are open to this person: before the opening act, or for somebody set aside from one of the two files,
the pair does not exist. A decision names the two files: whatever is learnt later, it is not asked again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, likeness, mails, queries
from calls.applications import lock
from calls.likeness import Traits
from calls.meeting_models import DuplicateDecision
from calls.models import Application, ApplicationMember, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Membership, Organisation, User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _

MOST = 1000  # files compared at once; far above the largest call known (81)


@dataclass(frozen=True, slots=True)
class File:
    """A file as the page shows it."""

    application: Application
    structure: Organisation


@dataclass(frozen=True, slots=True)
class Likely:
    """A pair that may be one, with its signs (keys of `likeness.SIGNS`)."""

    first: File
    second: File
    signs: list[str]


@dataclass(frozen=True, slots=True)
class Decided:
    first: File
    second: File
    decision: DuplicateDecision
    by: str


@dataclass(frozen=True, slots=True)
class Found:
    """Sets of pairs to decide, and what was decided."""

    sets: list[list[Likely]]
    decided: list[Decided]


async def found(db: AsyncSession, actor: Actor, call: Call) -> Found:
    """Six queries whatever the number of files."""
    readable = queries.readable_by_organiser(actor)
    rows = await db.execute(
        select(Application, Organisation)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.call_id == call.id, readable)
        .order_by(Application.id)
        .limit(MOST)
    )
    files = {a.id: File(a, o) for a, o in rows}
    decisions = await _decisions(db, call)
    known = {(d.first_id, d.second_id) for d, _name in decisions}
    standing = [file for file in files.values() if file.application.withdrawn_at is None]
    alike = {pair: signs for pair, signs in likeness.alike(await traits(db, standing)).items() if pair not in known}
    likely = {pair: Likely(files[pair[0]], files[pair[1]], signs) for pair, signs in alike.items()}
    grouped = [[one for pair, one in likely.items() if pair[0] in group] for group in likeness.sets(likely)]
    decided = [
        Decided(files[d.first_id], files[d.second_id], d, name)
        for d, name in decisions
        if d.first_id in files and d.second_id in files
    ]
    return Found(grouped, decided)


async def _decisions(db: AsyncSession, call: Call) -> Sequence[Row[DuplicateDecision, str]]:
    rows = await db.execute(
        select(DuplicateDecision, User.name)
        .join(User, User.id == DuplicateDecision.decided_by_id)
        .where(DuplicateDecision.call_id == call.id)
        .order_by(DuplicateDecision.decided_at.desc(), DuplicateDecision.id.desc())
    )
    return rows.all()


async def traits(db: AsyncSession, files: Sequence[File]) -> list[Traits]:
    """What can be compared: the structures with their partners and predecessors, their people, and what was submitted."""
    ids = [file.application.id for file in files]
    partners: dict[int, set[int]] = {one: set() for one in ids}
    rows = await db.execute(
        select(ApplicationMember.application_id, ApplicationMember.organisation_id).where(
            ApplicationMember.application_id.in_(ids), ApplicationMember.left_at.is_(None)
        )
    )
    for application_id, organisation_id in rows:
        partners[application_id].add(organisation_id)
    people: dict[int, set[int]] = {}
    held = await db.execute(
        select(Membership.organisation_id, Membership.user_id).where(
            Membership.organisation_id.in_({f.structure.id for f in files}), Membership.ended_at.is_(None)
        )
    )
    for organisation_id, user_id in held:
        people.setdefault(organisation_id, set()).add(user_id)
    return [_traits(file, partners[file.application.id], people.get(file.structure.id, set())) for file in files]


def _traits(file: File, partners: set[int], people: set[int]) -> Traits:
    application, structure = file.application, file.structure
    # Who typed a paper file in is no member of the structure.
    own = () if application.typed_by_id else (application.created_by_id, application.submitted_by_id)
    document = application.content or {}
    digits = structure.siren or (structure.siret or "")[:9]
    return Traits(
        application.id,
        structures=frozenset({structure.id, *partners, *([structure.successor_of_id] if structure.successor_of_id else [])}),
        people=frozenset({*people, *(i for i in own if i)}),
        siren=digits, rna=structure.rna or "",
        emails=frozenset({structure.email.lower()} if structure.email else ()),
        phone=structure.phone or "",
        address=f"{structure.address} {structure.commune_code or ''}" if structure.address else "",
        name=structure.name, project=str(document.get("facts", {}).get("project_name") or ""),
        text="\n".join(str(text) for text in document.get("answers", {}).values()),
    )  # fmt: skip


async def decide(
    db: AsyncSession, actor: Actor, call: Call, first_id: int, second_id: int, *, kept_id: int | None, motive: str
) -> DuplicateDecision:
    """One and the same (`kept_id` stays, the other is withdrawn and told why), or two (`kept_id` None). A motive either way.

    Deciding again changes the decision, as long as the ranking is not final; the same decision twice changes nothing.
    """
    POLICY.check(actor, "duplicates.decide", call)
    first, second = await _both(db, actor, call, *sorted((first_id, second_id)))
    POLICY.check(actor, "duplicates.decide", call)
    if kept_id not in {None, first.id, second.id}:
        raise NotFound
    if not motive.strip():
        raise Refused(_("Écrivez le motif : il est gardé, et envoyé à la structure dont le dossier est retiré."))
    query = select(DuplicateDecision).where(
        DuplicateDecision.first_id == first.id, DuplicateDecision.second_id == second.id
    )
    held = (await db.execute(query.with_for_update())).scalar_one_or_none()
    if held and (held.kept_id, held.motive) == (kept_id, motive):
        return held
    restored = None if not (held and held.kept_id) else first if held.kept_id == second.id else second
    if restored:  # the decision that had withdrawn it is changed
        restored.withdrawn_at, restored.withdrawn_reason = None, ""
    decision = held or DuplicateDecision(call_id=call.id, first_id=first.id, second_id=second.id)
    decision.kept_id, decision.motive = kept_id, motive
    decision.decided_at, decision.decided_by_id = clock.now(), actor.user_id
    db.add(decision)
    left_out = None if kept_id is None else first if kept_id == second.id else second
    if left_out and left_out.withdrawn_at:
        raise Refused(_("%(label)s est déjà retirée : gardez l’autre.", label=left_out.label))
    if left_out:
        left_out.withdrawn_at, left_out.withdrawn_reason = clock.now(), motive
    await db.flush()
    for told in (restored, left_out):
        if told:
            await mails.merged(db, told, call, decision)
    await journal.record(
        db, chain=call.chain, action="duplicates.decide", subject=f"application:{first.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id,
        facts={"files": [first.label, second.label], "kept": kept_id, "motive": motive, "at": content.plain(clock.now())},
    )  # fmt: skip
    return decision


async def _both(
    db: AsyncSession, actor: Actor, call: Call, first_id: int, second_id: int
) -> tuple[Application, Application]:
    """Both files, locked in order, if both are open to this person; absent otherwise. Not one's own structure's."""
    readable = select(Application).where(
        Application.call_id == call.id, Application.id.in_((first_id, second_id)), queries.readable_by_organiser(actor)
    )
    rows = list((await db.execute(readable.order_by(Application.id))).scalars())
    if len(rows) != 2:
        raise NotFound
    first, _call = await lock(db, rows[0])
    second, _call = await lock(db, rows[1])
    if {first.organisation_id, second.organisation_id} & actor.own():
        raise Refused(
            _("Vous êtes membre d’une de ces structures : un collègue doit décider."),
            _("Le code pénal (art. 432-12) l’exige."),
        )
    return first, second
