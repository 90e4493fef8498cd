"""Questions about a call: private until answered, then published to all with the same words (AMI-12).

An answer given after the announced day leaves everybody more time, or is not given.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, meeting_mails, openings, queries, workflow
from calls.drafts import lock
from calls.meeting_models import Question
from calls.models import Call, CallVersion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.i18n import _, instant

MOST_WAITING = 20  # per structure and call: a question is an act, not a chat


def visible_to(actor: Actor, call: Call) -> Select[Question]:
    """Answered ones are everybody's; the others their structure's and the organiser's."""
    every = (
        select(Question)
        .where(Question.call_id == call.id)
        .order_by(Question.answered_at, Question.asked_at, Question.id)
    )
    if actor.system or POLICY.can(actor, "calls.follow", call):
        return every
    own = actor.organisations(scope="calls")
    return every.where(or_(Question.answered_at.is_not(None), Question.organisation_id.in_(own)))


async def shown(db: AsyncSession, actor: Actor, call: Call) -> Sequence[Question]:
    return (await db.execute(visible_to(actor, call))).scalars().all()


def cut_off(call: Call, version: CallVersion) -> datetime | None:
    """The instant from which no question is taken: the announced one, or the closing."""
    return version.questions_until or call.closes_at


def late(version: CallVersion, now: datetime) -> bool:
    """Whether an answer now comes after the announced day."""
    return version.answers_until is not None and now >= version.answers_until


async def ask(db: AsyncSession, actor: Actor, call: Call, *, organisation_id: int, text: str) -> Question:
    """A structure asks; the same words twice are one question. Raises Refused after the cut-off."""
    POLICY.check(actor, "questions.ask")
    if organisation_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas poser de question pour cette structure.")
    call = await lock(db, call)
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    now, end = clock.now(), cut_off(call, version)
    if workflow.call_state(call, now) != "open" or (end and now >= end):
        raise Refused(
            _("Les questions étaient reçues jusqu’au %(at)s.", at=instant(end))
            if end
            else _("Cet appel ne reçoit pas de questions."),
            _("Lisez les réponses déjà publiées sur la page de l’appel."),
        )
    mine = list(
        (
            await db.execute(
                select(Question).where(
                    Question.call_id == call.id,
                    Question.organisation_id == organisation_id,
                    Question.answered_at.is_(None),
                    Question.declined_at.is_(None),
                )
            )
        ).scalars()
    )
    if same := next((q for q in mine if q.text == text), None):
        return same
    if len(mine) >= MOST_WAITING:
        raise Refused(
            _("Vos questions en attente sont déjà nombreuses."), _("Attendez les réponses avant d’en poser d’autres.")
        )
    question = Question(
        call_id=call.id, organisation_id=organisation_id, person_id=actor.user_id, asked_at=now, text=text,
        published_text=text,
    )  # fmt: skip
    db.add(question)
    await db.flush()
    await meeting_mails.question_asked(db, call, question)
    await _record(db, actor, call, "questions.ask", question, {"organisation": organisation_id})
    return question


async def answer(
    db: AsyncSession, actor: Actor, call: Call, question_id: int, *, published_text: str, text: str,
    extend_to: datetime | None = None,
) -> Question:  # fmt: skip
    """Publish the answer for all, under words in which nobody is recognised. Answering twice is refused: it was read.

    After the announced day, `extend_to` moves the closing for everybody by a day at least; without it, Refused.
    """
    POLICY.check(actor, "questions.answer", call)
    call = await lock(db, call)
    POLICY.check(actor, "questions.answer", call)
    question = await _waiting(db, call, question_id)
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    now = clock.now()
    facts: dict[str, Any] = {"organisation": question.organisation_id}
    if late(version, now):
        facts["extended_to"] = content.plain(await _more_time(db, actor, call, version, extend_to))
    question.published_text, question.answer = published_text, text
    question.answered_at, question.answered_by_id = now, actor.user_id
    await db.flush()
    facts["told"] = await meeting_mails.question_answered(db, call, question, extended="extended_to" in facts)
    await _record(db, actor, call, "questions.answer", question, facts)
    return question


async def _more_time(db: AsyncSession, actor: Actor, call: Call, version: CallVersion, to: datetime | None) -> datetime:
    assert call.closes_at is not None
    if to is None or to < call.closes_at + timedelta(days=1):
        raise Refused(
            _("Les réponses étaient annoncées jusqu’au %(at)s : y répondre maintenant ne servirait qu’à ceux qui la lisent à temps.",
              at=instant(version.answers_until)),
            _("Reportez la clôture d’un jour au moins pour tout le monde, ou ne répondez pas."),
        )  # fmt: skip
    await openings.postpone(db, actor, call, to=to, reason=_("Réponse publiée après la date annoncée."))
    return to


async def decline(db: AsyncSession, actor: Actor, call: Call, question_id: int, *, reason: str) -> Question:
    """Not answered, with a reason told to its author alone; nothing is published."""
    POLICY.check(actor, "questions.answer", call)
    call = await lock(db, call)
    question = await _waiting(db, call, question_id)
    question.declined_at, question.decline_reason = clock.now(), reason
    await db.flush()
    await meeting_mails.question_declined(db, call, question)
    await _record(db, actor, call, "questions.decline", question, {"organisation": question.organisation_id})
    return question


async def _waiting(db: AsyncSession, call: Call, question_id: int) -> Question:
    found = await db.execute(
        select(Question)
        .where(and_(Question.id == question_id, Question.call_id == call.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    question = found.scalar_one_or_none()
    if question is None:
        raise NotFound
    if question.answered_at or question.declined_at:
        raise Refused(_("Cette question a déjà sa réponse."), _("Rechargez la page pour la lire."))
    return question


async def _record(
    db: AsyncSession, actor: Actor, call: Call, action: str, question: Question, facts: dict[str, Any]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"question:{question.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
