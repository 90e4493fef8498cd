"""Verbs of the second person: one asks, another reads every letter as it stands, and says yes or sends back with a remark.

The approval is of the letters' own text (its hash): a letter changed since makes it void, and it is asked for again.
"""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.letters import Letter, draw_all
from allocation.assignment.release_models import Review
from calls.models import Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _


def hash_of(drawn: Sequence[Letter]) -> str:
    """One hash for all the letters of a call, in the order of the files' numbers."""
    spelled = sha256()
    for letter in drawn:
        spelled.update(f"{letter.decision.id}:{sha256(letter.html.encode()).hexdigest()}\n".encode())
    return spelled.hexdigest()


async def last(db: AsyncSession, call: Call) -> Review | None:
    found = await db.execute(select(Review).where(Review.call_id == call.id).order_by(Review.id.desc()).limit(1))
    return found.scalar_one_or_none()


async def ask(db: AsyncSession, actor: Actor, call: Call) -> Review:
    """The letters are ready: somebody else reads them. Asking again while nothing changed is one request."""
    POLICY.check(actor, "decisions.ask_review", call)
    await _hold(db, call)
    current, standing = hash_of(await draw_all(db, call)), await last(db, call)
    if standing and standing.answered_at is None:
        if standing.letters_sha256 == current:
            return standing
        standing.letters_sha256, standing.asked_at, standing.asked_by_id = current, clock.now(), actor.user_id or 0
        review = standing
    elif standing and standing.approved and standing.letters_sha256 == current:
        return standing
    else:
        review = Review(
            call_id=call.id, letters_sha256=current, asked_at=clock.now(), asked_by_id=actor.user_id, remark=""
        )
        db.add(review)
    await db.flush()
    await _record(db, actor, call, review, "decisions.ask_review", {"letters_sha256": current})
    return review


async def answer(db: AsyncSession, actor: Actor, call: Call, *, approved: bool, remark: str) -> Review:
    """The second person's answer, on the text that was submitted to them and no other."""
    POLICY.check(actor, "decisions.review", call)
    await _hold(db, call)
    review = await last(db, call)
    if review is None or review.answered_at:
        if review and (review.answered_by_id, review.approved) == (actor.user_id, approved):
            return review  # pressed twice
        raise Refused(_("Aucune relecture n’est demandée."), _("Demandez-la depuis la page des lettres."))
    if review.asked_by_id == actor.user_id:
        raise Refused(_("La relecture revient à une autre personne que celle qui l’a demandée."))
    if not approved and not remark.strip():
        raise Refused(_("Dites ce qui est à reprendre."))
    if hash_of(await draw_all(db, call)) != review.letters_sha256:
        raise Refused(
            _("Une lettre a changé depuis la demande de relecture."), _("Relisez-la, puis redemandez la relecture.")
        )
    review.approved, review.remark = approved, remark.strip()
    review.answered_at, review.answered_by_id = clock.now(), actor.user_id
    await db.flush()
    facts: dict[str, object] = {"approved": approved, "letters_sha256": review.letters_sha256, "remark": review.remark}
    await _record(db, actor, call, review, "decisions.review", facts)
    return review


async def refuse_unread(db: AsyncSession, call: Call, drawn: Sequence[Letter]) -> None:
    """Where the organisation asks for two persons: nothing leaves before the second one said yes to these very letters."""
    review = await last(db, call)
    way_out = _("Demandez la relecture à une autre personne de votre organisation.")
    if review is None or review.answered_at is None:
        raise Refused(_("Une seconde personne doit relire les lettres avant la notification."), way_out)
    if not review.approved:
        raise Refused(_("La relecture a renvoyé les lettres."), _("Reprenez ce qui est demandé, puis redemandez-la."))
    if review.letters_sha256 != hash_of(drawn):
        raise Refused(_("Une lettre a changé depuis l’accord de la seconde personne."), way_out)


async def _hold(db: AsyncSession, call: Call) -> None:
    await db.execute(select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True))
    if call.released_at:
        raise Refused(_("Les décisions sont déjà notifiées."))


async def _record(
    db: AsyncSession, actor: Actor, call: Call, review: Review, action: str, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"review:{review.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
