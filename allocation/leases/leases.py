"""Verbs on titles: prepare, edit, sign, hand the keys, note the inspection."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import offers
from allocation.assignment.models import Award
from allocation.leases import document, gathering, mails, prefill, queries, reading
from allocation.leases.gathering import Dossier
from allocation.leases.models import Condition, Lease
from calls.models import CallLot
from intervalle import clock, files, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.verdicts import Verdict, blocking
from premises import occupancies
from premises.models import Occupancy

# Rooms above (relocation) act in the transaction of the signature; they add themselves here.
ON_SIGNED: list[Callable[[AsyncSession, Actor, Dossier], Awaitable[None]]] = []

CHANGED = "Ce titre a été modifié entre-temps par quelqu’un d’autre : rien n’a été enregistré."
RELOAD = "Rechargez la page, puis reprenez vos corrections."


@dataclass(frozen=True, slots=True)
class Draft:
    """What the edit page writes: columns of the title, and its conditions in their order."""

    values: Mapping[str, Any]
    conditions: list[Mapping[str, Any]] = field(default_factory=list)


async def prepare(db: AsyncSession, actor: Actor, *, award_id: int) -> Lease:
    """Write the draft of a title from an award. Asked twice, it gives the draft that exists already."""
    found = (
        await db.execute(queries.awards_of_landlord(actor).where(Award.id == award_id).with_for_update(of=Award))
    ).one_or_none()
    if found is None:
        raise NotFound
    award, lot, premises, application, version = found
    existing = (await db.execute(select(Lease).where(Lease.award_id == award.id))).scalar_one_or_none()
    if existing:
        return existing
    if award.released_at is None:
        raise Refused("Les décisions de cet appel ne sont pas encore envoyées.", "Envoyez-les, puis préparez le titre.")
    offers.hold(award)
    said = select(CallLot.title_code).where(CallLot.version_id == version.id, CallLot.lot_id == lot.id)
    own_title = (await db.execute(said)).scalar_one_or_none()
    lease = prefill.draft_from(award, lot, premises, application, version, clock.today(), own_title)
    POLICY.check(actor, "leases.prepare", lease)
    lease.created_by_id = actor.user_id
    db.add(lease)
    await db.flush()
    db.add_all(prefill.conditions_from(version, lease))
    await db.flush()
    await _record(db, actor, await gathering.dossier_of(db, lease), "leases.prepare", {"award": award.id})
    return lease


async def edit(db: AsyncSession, actor: Actor, lease: Lease, *, draft: Draft, version: int) -> None:
    """Write the draft's columns and conditions. Raises Refused when another person wrote since the page was read."""
    POLICY.check(actor, "leases.edit", lease)
    fresh = await _locked(db, lease)
    POLICY.check(actor, "leases.edit", fresh)
    if fresh.version != version:
        raise Refused(CHANGED, RELOAD)
    apply(fresh, draft.values)
    fresh.version += 1
    await _write_conditions(db, fresh, draft.conditions)
    await db.flush()
    await _record(db, actor, await gathering.dossier_of(db, fresh), "leases.edit", {"version": fresh.version})


def apply(lease: Lease, values: Mapping[str, Any]) -> None:
    """Set the columns; also used to judge what is typed before it is kept."""
    for name, value in values.items():
        setattr(lease, name, value)


async def _write_conditions(db: AsyncSession, lease: Lease, wanted: list[Mapping[str, Any]]) -> None:
    """A draft's conditions are replaced as a whole: nothing was promised yet."""
    for old in (await db.execute(queries.conditions_of(lease.id))).scalars():
        await db.delete(old)
    await db.flush()
    db.add_all(Condition(lease_id=lease.id, **row) for row in wanted)


async def _locked(db: AsyncSession, lease: Lease) -> Lease:
    return (
        await db.execute(
            select(Lease).where(Lease.id == lease.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()


def standing_in_the_way(dossier: Dossier, today: date) -> list[Verdict]:
    """What refuses the signature: blocking rules, then warnings nobody answered in writing."""
    verdicts = reading.verdicts_at_signature(dossier.file, today)
    return blocking(verdicts) or reading.unjustified(verdicts, dossier.lease.justifications)


def _refuse(verdicts: list[Verdict]) -> None:
    if verdicts:
        first, more = verdicts[0], len(verdicts) - 1
        rest = f" (et {more} autre{'s' if more > 1 else ''})" if more else ""
        raise Refused(f"{first.id}, {first.article} : {first.message_fr}{rest}", first.way_out_fr)


async def sign(db: AsyncSession, actor: Actor, lease: Lease, *, version: int) -> None:
    """Sign: the rules once more, the lot occupied, the printed text kept with its hash, the relocation path opened.

    One transaction. The text is printed before any row is locked, because it takes a second; the version says
    whether it is still the text of the title once the row is locked.
    """
    POLICY.check(actor, "leases.sign", lease)
    if not ON_SIGNED:
        raise RuntimeError("no room opens relocation paths: import allocation.relocation.paths before signing")
    today = clock.today()
    dossier = await gathering.dossier_of(db, lease)
    _refuse(standing_in_the_way(dossier, today))
    pdf = await document.pdf_of(printed(dossier, today))
    fresh = await _locked(db, lease)
    POLICY.check(actor, "leases.sign", fresh)
    if fresh.version != version:
        raise Refused(CHANGED, "Relisez le titre, puis signez-le.")
    _refuse(standing_in_the_way(await gathering.dossier_of(db, fresh), today))
    occupancy = await _occupy(db, dossier)
    stored = await files.keep(
        db, name=document.file_name(dossier.file), content=pdf, content_type="application/pdf", audience="parties",
        scan="own", owner_id=fresh.landlord_id, user_id=actor.user_id,
    )  # fmt: skip
    fresh.document_id, fresh.occupancy_id = stored.id, occupancy.id
    fresh.signed_at, fresh.signed_by_id = clock.now(), actor.user_id
    await db.flush()
    await _record(db, actor, dossier, "leases.sign", _signature_facts(dossier, stored.sha256.hex()))
    for follow in ON_SIGNED:
        await follow(db, actor, dossier)
    await mails.signed(db, dossier, stored)


def printed(dossier: Dossier, signed_on: date) -> str:
    """The agreement as it would be printed on that day."""
    return document.html_of(
        dossier.file, conditions=dossier.conditions, manager=dossier.manager, application=dossier.application,
        call=dossier.call, commune=dossier.commune, valuation=dossier.valuations[0] if dossier.valuations else None,
        signed_on=signed_on,
    )  # fmt: skip


async def _occupy(db: AsyncSession, dossier: Dossier) -> Occupancy:
    """Take the place in the lot's history; refused, with the other occupation named, when the days are taken."""
    lease = dossier.lease
    return await occupancies.occupy(
        db, lot_id=lease.lot_id, during=lease.during, kind="lease", label=dossier.file.tenant.name, area=lease.area,
        slots=lease.slots,
    )  # fmt: skip


def _signature_facts(dossier: Dossier, sha256: str) -> dict[str, Any]:
    lease = dossier.lease
    return {
        "title": lease.title,
        "lot": lease.lot_id,
        "from": lease.during.lower.isoformat() if lease.during.lower else None,
        "until": lease.during.upper.isoformat() if lease.during.upper else None,
        "rent_cents_year": lease.rent_cents_year,
        "charges_cents_year": lease.charges_cents_year,
        "document_sha256": sha256,
        "justifications": dict(lease.justifications or {}),
    }


async def insure(db: AsyncSession, actor: Actor, lease: Lease, *, insurance: str, until: date) -> None:
    """Note the certificate the tenant brought: insurer, policy, last day covered (OCC-40)."""
    POLICY.check(actor, "leases.insure", lease)
    fresh = await _locked(db, lease)
    POLICY.check(actor, "leases.insure", fresh)
    fresh.insurance, fresh.insured_until = insurance, until
    await db.flush()
    await _record(db, actor, await gathering.dossier_of(db, fresh), "leases.insure", {"until": until.isoformat()})


async def hand_keys(
    db: AsyncSession, actor: Actor, lease: Lease, *, on: date, inspected_on: date | None, why: Mapping[str, str]
) -> None:
    """Note the day the keys were handed. Refused without an active title (OCC-01) or an insurance (OCC-40).

    `why` answers in writing the warnings of that step (OCC-37: no entry inspection).
    """
    POLICY.check(actor, "leases.hand_keys", lease)
    fresh = await _locked(db, lease)
    POLICY.check(actor, "leases.hand_keys", fresh)
    if fresh.keys_handed_on is not None:
        raise Refused("Les clés sont déjà remises.", "Rechargez la page.")
    if on > clock.today():
        raise Refused("La remise des clés se note une fois faite, pas à l’avance.", "Revenez ce jour-là.")
    fresh.inspected_in_on = inspected_on
    answers = {**(fresh.justifications or {}), **{rule: text for rule, text in why.items() if text.strip()}}
    dossier = await gathering.dossier_of(db, fresh)
    verdicts = reading.verdicts_for_keys(dossier.file, clock.today(), on)
    _refuse(blocking(verdicts) or reading.unjustified(verdicts, answers))
    fresh.keys_handed_on, fresh.justifications = on, answers
    await db.flush()
    await _record(db, actor, dossier, "leases.hand_keys", {"on": on.isoformat()})


async def _record(db: AsyncSession, actor: Actor, dossier: Dossier, action: str, facts: dict[str, Any]) -> None:
    await journal.record(
        db, chain=dossier.chain, action=action, subject=f"lease:{dossier.lease.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=dossier.lease.landlord_id,
    )  # fmt: skip
