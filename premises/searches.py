"""Searches kept by a person, and the daily digest of what was published since and answers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, journal, mail
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import User
from intervalle.accounts.policy_table import POLICY
from intervalle.clock import PARIS
from intervalle.errors import Refused
from intervalle.i18n import _, ngettext
from intervalle.settings import settings
from premises import search
from premises.filters import Filters, read
from premises.models import Premises, SavedSearch

MOST = 50  # searches a person may keep
SHOWN = 10  # places named per search in a digest
# What is being published while the digest is made is left to the next one: its transaction may commit late.
SETTLED = timedelta(minutes=10)


def filters_of(saved: SavedSearch) -> Filters:
    return read(dict(parse_qsl(saved.query)))


async def of_person(db: AsyncSession, actor: Actor) -> list[SavedSearch]:
    rows = await db.execute(
        select(SavedSearch).where(SavedSearch.user_id == actor.user_id).order_by(SavedSearch.id.desc())
    )
    return list(rows.scalars())


@dataclass(frozen=True)
class Today:
    """How many places answer a search today, and how many of them were published since the last e-mail (or since it was
    kept, when none left yet); each up to search.MOST + 1."""

    places: int
    fresh: int


async def today(db: AsyncSession, kept: Sequence[SavedSearch]) -> dict[int, Today]:
    """By id of search; one question for all of them."""
    if not kept:
        return {}
    on, columns = clock.today(), []
    for saved in kept:
        every = search.matching(filters_of(saved), on).with_only_columns(Premises.id)
        fresh = every.where(Premises.published_at > saved.told_until)
        columns += [
            select(func.count()).select_from(some.limit(search.MOST + 1).subquery()).scalar_subquery()
            for some in (every, fresh)
        ]
    numbers = list((await db.execute(select(*columns))).one())
    return {saved.id: Today(*numbers[2 * n : 2 * n + 2]) for n, saved in enumerate(kept)}


async def save(db: AsyncSession, actor: Actor, *, name: str, query: str, alert: bool) -> None:
    """Keep a question under its address without page number; the same one again only changes its name and its alert.

    Raises Refused when nothing is asked, or when this person keeps MOST searches already.
    """
    POLICY.check(actor, "searches.keep")
    address = read(dict(parse_qsl(query))).query_string(page=False)
    if not address:
        raise Refused(_("Cette recherche ne demande rien."), _("Posez au moins un filtre, puis enregistrez."))
    count = select(func.count()).select_from(SavedSearch).where(SavedSearch.user_id == actor.user_id)
    if (await db.execute(count.where(SavedSearch.query != address))).scalar_one() >= MOST:
        raise Refused(
            _("Vous gardez déjà %(n)s recherches.", n=MOST), _("Supprimez-en une sur la page « Mes recherches ».")
        )
    now = clock.now()
    row = insert(SavedSearch).values(
        user_id=actor.user_id, name=name.strip()[:120] or _("Ma recherche"), query=address, alert=alert, told_until=now
    )
    row = row.on_conflict_do_update(
        index_elements=["user_id", "query"],
        set_={"name": row.excluded.name, "alert": row.excluded.alert, "told_until": now},
    )
    await db.execute(row)
    await _record(db, actor, "searches.save", {"query": address, "alert": alert})


async def set_alert(db: AsyncSession, actor: Actor, saved: SavedSearch, *, on: bool) -> None:
    """Start or stop the e-mails of one search. Started again, it speaks of what is published from then on."""
    POLICY.check(actor, "searches.keep")
    if saved.alert == on:
        return
    saved.alert = on
    if on:
        saved.told_until = clock.now()
    await _record(db, actor, "searches.alert", {"query": saved.query, "alert": on})


async def stop_all(db: AsyncSession, actor: Actor) -> None:
    """No more e-mails about any search."""
    for saved in await of_person(db, actor):
        await set_alert(db, actor, saved, on=False)


async def forget(db: AsyncSession, actor: Actor, saved: SavedSearch) -> None:
    POLICY.check(actor, "searches.keep")
    await db.execute(delete(SavedSearch).where(SavedSearch.id == saved.id))
    await _record(db, actor, "searches.forget", {"query": saved.query})


async def _record(db: AsyncSession, actor: Actor, action: str, facts: dict[str, object]) -> None:
    await journal.record(
        db, chain=f"user:{actor.user_id}", action=action, subject=f"user:{actor.user_id}", facts=facts, actor_id=actor.user_id
    )  # fmt: skip


@dataclass(frozen=True)
class News:
    """What one search has to tell: the places named, and how many more there are."""

    saved: SavedSearch
    places: Sequence[Premises]
    more: int


async def digest(db: AsyncSession) -> int:
    """One mail a day per person for all their searches, each place once; gives the number of mails written.

    Running it again the same day writes nothing, and loses nothing: what was not told waits for the next day.
    """
    now = clock.now()
    rows = await db.execute(
        select(SavedSearch, User)
        .join(User, User.id == SavedSearch.user_id)
        .where(SavedSearch.alert, User.disabled_at.is_(None), User.email_confirmed_at.is_not(None))
        .order_by(User.id, SavedSearch.id)
        .with_for_update(of=SavedSearch, skip_locked=True)
    )
    people: dict[int, tuple[User, list[SavedSearch]]] = {}
    for saved, person in rows:
        people.setdefault(person.id, (person, []))[1].append(saved)
    return sum([await _tell(db, person, kept, now) for person, kept in people.values()])


async def _tell(db: AsyncSession, person: User, kept: Sequence[SavedSearch], now: datetime) -> bool:
    news, told = [], set[int]()
    for saved in kept:
        found = await _news(db, saved, now - SETTLED)
        fresh = [p for p in found.places if p.id not in told]
        told |= {p.id for p in fresh}
        if fresh:
            news.append(News(saved, fresh, found.more))
    if not news:
        return False
    written = await mail.post(
        db, to=person.email, user_id=person.id, kind="searches.digest",
        dedupe=f"searches:{person.id}:{now.astimezone(PARIS):%Y-%m-%d}",
        subject=lambda: ngettext("%(n)s lieu répond à vos recherches", "%(n)s lieux répondent à vos recherches", len(told)),
        text=lambda: _text(person, news),
    )  # fmt: skip
    if written is None:
        return False
    for saved in kept:
        saved.told_until = now - SETTLED
    await db.flush()
    return True


async def _news(db: AsyncSession, saved: SavedSearch, until: datetime) -> News:
    filters = filters_of(saved)
    fresh = search.matching(filters, clock.today()).where(
        Premises.published_at > saved.told_until, Premises.published_at <= until
    )
    places = (
        (await db.execute(fresh.order_by(Premises.published_at.desc(), Premises.id.desc()).limit(SHOWN + 1)))
        .scalars()
        .all()
    )
    count = len(places)
    if count > SHOWN:
        count = (
            await db.execute(select(func.count()).select_from(fresh.with_only_columns(Premises.id).subquery()))
        ).scalar_one()
    return News(saved, places[:SHOWN], max(0, count - SHOWN))


def _text(person: User, news: Sequence[News]) -> str:
    base = settings().base_url
    parts = [_("Bonjour %(name)s,", name=person.name), ""]
    for one in news:
        parts += [_("« %(search)s » : %(link)s", search=one.saved.name, link=f"{base}/locaux?{one.saved.query}")]
        parts += [f"- {place.name}\n  {base}/locaux/{place.id}" for place in one.places]
        if one.more:
            parts.append(ngettext("  et %(n)s autre", "  et %(n)s autres", one.more))
        parts.append("")
    parts += [
        _("Vous recevez ce courriel une fois par jour au plus, quand un lieu paraît."),
        _("Pour ne plus le recevoir, un bouton suffit : %(link)s", link=f"{base}/recherches"), "",
    ]  # fmt: skip
    return "\n".join(parts)
