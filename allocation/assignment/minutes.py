"""Verbs on the minutes of a call: draw them up from the data, sign them, require them before the release.

AMI-09: date, members present, absent and set aside, quorum, files admitted and refused with reasons, scores per criterion,
ranking, tie-breaks, votes, run of the engine, final proposal, signatures. The document is drawn from what is stored and
nothing else; it is signed by its hash, and no longer stands once a fact it tells has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import minutes_facts, queries
from allocation.assignment.minutes_facts import fingerprint
from allocation.assignment.release_models import Minutes, MinutesSignature
from allocation.selection.models import Panel, Recusal, Seat
from allocation.selection.records import at
from calls.models import Call
from intervalle import clock, files, i18n, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.pdf import render_pdf
from intervalle.web import environment, one_or_404


@dataclass(frozen=True)
class Signers:
    """Who may sign as what: people by id and name. Nobody who is set aside from a file of the call is among them."""

    chair: Mapping[int, str]
    secretary: Mapping[int, str]
    chair_apart: bool  # the chair is set aside from a file: another member presides over the minutes

    def qualities(self, user_id: int | None) -> tuple[str, ...]:
        held = (("chair", self.chair), ("secretary", self.secretary))
        return tuple(quality for quality, people in held if user_id in people)


def _set_aside() -> ColumnElement[bool]:
    return exists().where(Recusal.seat_id == Seat.id, Recusal.lifted_at.is_(None))


async def signers_of(db: AsyncSession, actor: Actor, call: Call) -> Signers:
    """The chair, or any voting member when the chair is set aside; the secretary's seat, or staff when there is none."""
    rows = (
        await db.execute(
            select(Seat, User.name, _set_aside())
            .join(Panel, Panel.id == Seat.panel_id)
            .join(User, User.id == Seat.user_id)
            .where(Panel.call_id == call.id, Seat.left_at.is_(None))
        )
    ).all()
    chair = {seat.user_id: name for seat, name, apart in rows if seat.chair and not apart}
    if not chair:
        chair = {seat.user_id: name for seat, name, apart in rows if seat.voting and not apart}
    secretary = {seat.user_id: name for seat, name, apart in rows if seat.secretary and not apart}
    if not secretary and actor.user_id is not None and POLICY.can(actor, "decisions.draw_minutes", call):
        mine = [apart for seat, _name, apart in rows if seat.user_id == actor.user_id]
        secretary = {} if any(mine) else {actor.user_id: actor.name}
    return Signers(chair, secretary, any(seat.chair and apart for seat, _name, apart in rows))


async def call_with_minutes(db: AsyncSession, actor: Actor, call_id: int) -> tuple[Call, Signers]:
    """The call for those who run it and those who sign; for anybody else its minutes do not exist (404)."""
    run = queries.calls_to_assign_visible_to(actor).where(Call.id == call_id)
    call = (await db.execute(run)).scalar_one_or_none()
    if call is not None:
        return call, await signers_of(db, actor, call)
    call = one_or_404(await db.execute(select(Call).where(Call.id == call_id, Call.ranked_at.is_not(None))))
    signers = await signers_of(db, actor, call)
    if not signers.qualities(actor.user_id):
        raise NotFound
    return call, signers


async def draw_up(db: AsyncSession, actor: Actor, call: Call) -> Minutes:
    """Draw the document from the data of this moment. The same facts twice are one document."""
    POLICY.check(actor, "decisions.draw_minutes", call)
    await db.execute(select(Call.id).where(Call.id == call.id).with_for_update())
    facts = await minutes_facts.gather(db, call)
    last = await latest(db, call)
    if last is not None and last.facts_sha256 == fingerprint(facts):
        return last
    number = (await db.scalar(select(func.count()).where(Minutes.call_id == call.id)) or 0) + 1
    now = clock.now()
    pdf = await render_pdf(draw(facts, number=number, drawn_at=at(now)))
    stored = await files.keep(
        db, name=f"Procès-verbal {number} {call.title}.pdf", content=pdf, content_type="application/pdf", audience="parties",
        scan="own", owner_id=call.organiser_id, user_id=actor.user_id,
    )  # fmt: skip
    made = Minutes(
        call_id=call.id, number=number, facts=facts, facts_sha256=fingerprint(facts), file_id=stored.id,
        document_sha256=stored.sha256.hex(), created_at=now, created_by_id=actor.user_id,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    await _record(
        db, actor, call, made, "decisions.draw_minutes", {"number": number, "facts_sha256": made.facts_sha256}
    )
    return made


def draw(facts: Mapping[str, Any], *, number: int, drawn_at: str | None, masked: bool = False, **more: Any) -> str:
    """The document as HTML, in French whatever the reader's language. `masked`: what may be given to anybody who asks
    once decisions are out (CRPA L311-6): no juror's own marks, no private reason."""
    before = i18n.get_locale()
    i18n.set_locale("fr")
    try:
        return environment.get_template("assignment/minutes_document.html").render(
            facts=facts, number=number, drawn_at=drawn_at, masked=masked, when=_when, hour=_hour, because=_because,
            **({"signatures": (), "sha256": ""} | more),
        )  # fmt: skip
    finally:
        i18n.set_locale(before)


def _when(text: str | None) -> str:
    return i18n.stamp(datetime.fromisoformat(text)) if text else "–"


def _because(cause: str) -> str:
    """What forced an exception, as the engine names it (`causes.because`), in words."""
    kind, _sep, name = cause.partition(":")
    if kind == "quota":
        return f"règle publiée « {name} »"
    if kind == "lock":
        return f"choix fait à la main pour {name}"
    return "les surfaces demandées ne permettent aucune répartition sans exception"


def _hour(text: str) -> str:
    return i18n.hour(datetime.fromisoformat(text))


async def sign(db: AsyncSession, actor: Actor, call: Call, signers: Signers, minutes_id: int, *, quality: str) -> None:
    """One dated act per quality, on the last document, as long as its facts stand. Two people: one signs once."""
    if quality not in signers.qualities(actor.user_id):
        raise NotFound
    made = one_or_404(
        await db.execute(select(Minutes).where(Minutes.id == minutes_id, Minutes.call_id == call.id).with_for_update())
    )
    last = await latest(db, call)
    if last is None or last.id != made.id or await moved(db, call, made):
        raise Refused(
            _("Une donnée a changé depuis ce procès-verbal : il ne se signe plus."),
            _("Établissez-en un nouveau, relisez-le, puis signez."),
        )
    held = await signatures_of(db, made)
    if any(one.quality == quality and one.signed_by_id == actor.user_id for one in held):
        return  # pressed twice
    if any(one.signed_by_id == actor.user_id for one in held):
        raise Refused(_("Vous avez déjà signé : la seconde signature revient à une autre personne."))
    if any(one.quality == quality for one in held):
        raise Refused(_("Ce procès-verbal est déjà signé à ce titre."))
    db.add(
        MinutesSignature(
            minutes_id=made.id, quality=quality, name=actor.name, document_sha256=made.document_sha256,
            signed_at=clock.now(), signed_by_id=actor.user_id,
        )
    )  # fmt: skip
    await db.flush()
    facts = {"number": made.number, "quality": quality, "document_sha256": made.document_sha256}
    await _record(db, actor, call, made, "decisions.sign_minutes", facts)


async def latest(db: AsyncSession, call: Call) -> Minutes | None:
    found = await db.execute(select(Minutes).where(Minutes.call_id == call.id).order_by(Minutes.number.desc()).limit(1))
    return found.scalar_one_or_none()


async def signatures_of(db: AsyncSession, made: Minutes) -> list[MinutesSignature]:
    rows = await db.execute(
        select(MinutesSignature).where(MinutesSignature.minutes_id == made.id).order_by(MinutesSignature.id)
    )
    return list(rows.scalars())


async def moved(db: AsyncSession, call: Call, made: Minutes) -> bool:
    """Whether a fact of the document has changed since. After the release it stands as it was."""
    if call.released_at:
        return False
    return fingerprint(await minutes_facts.gather(db, call)) != made.facts_sha256


async def refuse_unsigned(db: AsyncSession, call: Call) -> None:
    """AMI-09: no notification before minutes signed by both, still true."""
    made = await latest(db, call)
    way_out = _("Établissez le procès-verbal et faites-le signer par la présidence et le secrétariat.")
    if made is None:
        raise Refused(_("Le procès-verbal de la commission n’est pas établi."), way_out)
    if await moved(db, call, made):
        raise Refused(_("Une donnée a changé depuis le procès-verbal : il ne dit plus ce qui est notifié."), way_out)
    if len(await signatures_of(db, made)) < 2:
        raise Refused(_("Le procès-verbal n’est pas signé par la présidence et le secrétariat."), way_out)


async def _record(
    db: AsyncSession, actor: Actor, call: Call, made: Minutes, action: str, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"minutes:{made.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
