"""A structure changes its legal form: a successor takes over, on a day, and keeps the history.

The association stays as it was, so that what it signed stays true. The successor receives a mandate for everything
from that day: drafts, needs, titles and decisions of its predecessor are its own to follow.
"""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Mandate, Membership, Organisation, Sameness
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _

KEPT = ("email", "phone", "website", "address", "commune_code", "in_qpv", "demo")


def lineage(organisation_id: int) -> Select[Organisation]:
    """The structures it follows, the nearest first, then those that follow it."""
    return (
        select(Organisation)
        .where(
            (Organisation.successor_of_id == organisation_id)
            | Organisation.id.in_(
                select(Organisation.successor_of_id).where(Organisation.id == organisation_id).scalar_subquery()
            )
        )
        .order_by(Organisation.id)
    )


def same_as(organisation_id: int) -> Select[Organisation, bool]:
    """The records that were said to be this structure, with whether this one was kept."""
    pair = or_(
        and_(Sameness.first_id == organisation_id, Organisation.id == Sameness.second_id),
        and_(Sameness.second_id == organisation_id, Organisation.id == Sameness.first_id),
    )
    return (
        select(Organisation, Sameness.kept_id == organisation_id)
        .join(Sameness, pair)
        .where(Sameness.kept_id.is_not(None))
        .order_by(Organisation.id)
    )


async def succeed(
    db: AsyncSession, actor: Actor, old: Organisation, *, on: date, values: dict[str, Any]
) -> Organisation:
    """Make the successor with the members of `old`. A structure has one successor; its ESS status is to be checked anew."""
    POLICY.check(actor, "structures.succeed", old)
    await db.execute(select(Organisation.id).where(Organisation.id == old.id).with_for_update())
    after = select(Organisation).where(Organisation.successor_of_id == old.id)
    if (await db.execute(after)).scalar_one_or_none() is not None:
        raise Refused(_("Une autre structure a déjà pris sa suite."), _("Ouvrez la fiche de la structure qui suit."))
    siret = values.get("siret") or None
    made = Organisation(
        kind=old.kind, name=values["name"], siret=siret, siren=siret[:9] if siret else None, rna=values.get("rna") or None,
        legal_form=values.get("legal_form") or None, ess_status="to_check", successor_of_id=old.id, succeeded_on=on,
        **{name: getattr(old, name) for name in KEPT},
    )  # fmt: skip
    db.add(made)
    await db.flush()
    members = select(Membership).where(Membership.organisation_id == old.id, Membership.ended_at.is_(None))
    for member in (await db.execute(members)).scalars():
        db.add(Membership(user_id=member.user_id, organisation_id=made.id, role=member.role))
    db.add(Mandate(grantor_id=old.id, agent_id=made.id, scope="everything", during=Range(on, None)))
    await db.flush()
    await journal.record(
        db, chain=f"organisation:{old.id}", action="structures.succeed", subject=f"organisation:{made.id}",
        facts={"on": on.isoformat(), "name": made.name, "siren": made.siren}, actor_id=actor.user_id, organisation_id=old.id,
    )  # fmt: skip
    return made
