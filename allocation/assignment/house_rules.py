"""What an organisation wants before it notifies, and how its letters read. No row yet: the product's defaults."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import letter_templates
from allocation.assignment.release_models import DecisionRules
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _


async def of(db: AsyncSession, organisation_id: int) -> DecisionRules:
    """The organisation's rules; when it has set none, a fresh row that is not kept."""
    found = await db.execute(select(DecisionRules).where(DecisionRules.organisation_id == organisation_id))
    return found.scalar_one_or_none() or DecisionRules(
        organisation_id=organisation_id, second_person=False, signatory="", letters={}, version=0
    )


async def save(
    db: AsyncSession, actor: Actor, organisation: Organisation, *, second_person: bool, signatory: str, version: int
) -> DecisionRules:  # fmt: skip
    """Whether a second person reads before a notification, and who signs. It holds for calls not yet notified."""
    rules = await _held(db, actor, organisation, version)
    rules.second_person = second_person
    rules.signatory = " ".join(signatory.split())
    facts = {"second_person": second_person, "signatory": rules.signatory}
    await _record(db, actor, organisation, rules, "decisions.set_rules", facts)
    return rules


async def write_letter(
    db: AsyncSession, actor: Actor, organisation: Organisation, *, outcome: str, text: str, version: int
) -> DecisionRules:
    """The organisation's own words for one outcome; an empty text, or ours, goes back to ours."""
    if outcome not in letter_templates.DEFAULTS:
        raise Refused(_("Cette lettre n’existe pas."))
    text = text.replace("\r\n", "\n").strip()
    if text and (why := letter_templates.objections(text)):
        raise Refused(" ".join(why))
    rules = await _held(db, actor, organisation, version)
    kept: Mapping[str, str] = {key: words for key, words in rules.letters.items() if key != outcome}
    own = text if text != letter_templates.DEFAULTS[outcome].strip() else ""
    rules.letters = dict(kept) | ({outcome: own} if own else {})
    await _record(db, actor, organisation, rules, "decisions.write_template", {"outcome": outcome, "text": own})
    return rules


async def _held(db: AsyncSession, actor: Actor, organisation: Organisation, version: int) -> DecisionRules:
    POLICY.check(actor, "decisions.set_rules", organisation)
    await db.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    rules = await of(db, organisation.id)
    if rules.version != version:
        raise Refused(
            _("Quelqu’un d’autre a modifié ces règles entre-temps."), _("Relisez-les, puis reportez votre changement.")
        )
    rules.version, rules.edited_at, rules.edited_by_id = version + 1, clock.now(), actor.user_id
    db.add(rules)
    await db.flush()
    return rules


async def _record(
    db: AsyncSession,
    actor: Actor,
    organisation: Organisation,
    rules: DecisionRules,
    action: str,
    facts: dict[str, object],
) -> None:
    await db.flush()
    await journal.record(
        db, chain=f"organisation:{organisation.id}", action=action, subject=f"decision_rules:{rules.id}",
        actor_id=actor.user_id, organisation_id=organisation.id, facts=facts,
    )  # fmt: skip
