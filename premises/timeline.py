"""The interval: what a lot is on a day, and the bar that shows its life between two posts. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from intervalle.i18n import N_, _, day

STATES = ("vacant", "call", "selection", "awarded", "occupied", "works", "none")
LABELS = {
    "vacant": N_("Vacant"),
    "call": N_("Appel ouvert"),
    "selection": N_("Sélection en cours"),
    "awarded": N_("Attribué"),
    "occupied": N_("Occupé"),
    "works": N_("Travaux ou démolition"),
    "none": N_("Pas disponible"),
}
FROM_KIND = {"lease": "occupied", "meanwhile": "occupied", "works": "works", "demolition": "works"}
WHOLE = Fraction(1)
HALF_DAYS = 14  # in a week
# When several things are true of a day, the first of these is what a reader needs to know.
FIRST = ("works", "occupied", "awarded", "selection", "call")


@dataclass(frozen=True)
class Span:
    """Something true of a lot on [start, end); an end of None is open.

    `share`: how much of the lot's area and week it takes; uses that leave room do not make the lot occupied.
    """

    state: str
    start: date
    end: date | None
    label: str = ""
    share: Fraction = WHOLE

    def covers(self, on: date) -> bool:
        return self.start <= on and (self.end is None or on < self.end)


@dataclass(frozen=True)
class Bar:
    """What the macro `interval` draws: positions are fractions of [start, end)."""

    start: date
    end: date | None
    today: float | None
    spans: tuple[tuple[str, float, float, str], ...]
    middle: str
    sentence: str


def share(half_days: int, part: int, size: int) -> Fraction:
    """Portion of a lot taken by `half_days` a week on `part` of its `size` (same unit)."""
    return Fraction(half_days * part, HALF_DAYS * size)


def taken(on: date, spans: Iterable[Span]) -> Fraction:
    """Portion of the lot in use on a day. Uses never overlap, so their shares add up."""
    return sum((s.share for s in spans if s.state == "occupied" and s.covers(on)), Fraction(0))


def state_on(on: date, spans: Iterable[Span], available: tuple[date | None, date | None]) -> str:
    """The state of a lot on a day. Nothing there, or room left: vacant inside its interval of use, `none` outside."""
    there = list(spans)
    here = {s.state for s in there if s.covers(on)}
    used = taken(on, there)
    if used < WHOLE:
        here.discard("occupied")
    if used + sum((s.share for s in there if s.state == "awarded" and s.covers(on)), Fraction(0)) < WHOLE:
        here.discard("awarded")
    for state in FIRST:
        if state in here:
            return state
    start, end = available
    inside = (start is None or start <= on) and (end is None or on < end)
    return "vacant" if inside else "none"


def free_from(on: date, spans: Sequence[Span]) -> date | None:
    """The first day from `on` with room on the lot; None when an open-ended use never ends."""
    standing = [s for s in spans if s.state in {"occupied", "works", "awarded"}]
    for day_ in sorted({on, *(s.end for s in standing if s.end and s.end > on)}):
        if state_on(day_, standing, (None, None)) == "vacant":
            return day_
    return None


def bar(
    available: tuple[date | None, date | None], spans: Sequence[Span], today: date, middle: str = "",
    window: tuple[date, date] | None = None,
) -> Bar:  # fmt: skip
    """The bar from its first to its last post: the interval of use, stretched to what happened before it.

    With a `window` (a board of several lots), the bar is what is seen through it.
    """
    starts = [d for d in (available[0], *(s.start for s in spans)) if d]
    begin = min(starts, default=today)
    known = [d for d in (available[1], *(s.end for s in spans)) if d]
    open_ended = available[1] is None
    end = max([*known, today + timedelta(days=365)] if open_ended else known, default=begin + timedelta(days=365))
    end = max(end, begin + timedelta(days=1))
    begin, end = window or (begin, end)
    length = (end - begin).days

    def at(moment: date) -> float:
        return min(1.0, max(0.0, (moment - begin).days / length))

    drawn = [
        (s.state, at(s.start), at(s.end or end), s.label or _(LABELS[s.state]))
        for s in sorted(spans, key=lambda s: s.start)
    ]
    drawn = [d for d in drawn if d[2] > d[1]]
    empty = [(state, at(a), at(b), label) for state, a, b, label in _gaps(available, spans, begin, end)]
    return Bar(
        start=begin,
        end=None if open_ended else end,
        today=at(today) if begin <= today < end else None,
        spans=tuple(sorted(empty, key=lambda s: s[1]) + drawn),
        middle=middle,
        sentence=_sentence(spans, available, today),
    )


def _gaps(
    available: tuple[date | None, date | None], spans: Sequence[Span], begin: date, end: date
) -> list[tuple[str, date, date, str]]:
    """Where the lot can be used and nothing is planned: vacant."""
    start, stop = max(available[0] or begin, begin), min(available[1] or end, end)
    gaps, current = [], start
    for span in sorted(spans, key=lambda s: s.start):
        if span.start > current:
            gaps.append((current, min(span.start, stop)))
        current = max(current, span.end or stop)
    if current < stop:
        gaps.append((current, stop))
    return [("vacant", a, b, _(LABELS["vacant"])) for a, b in gaps if a < b]


def _sentence(spans: Sequence[Span], available: tuple[date | None, date | None], today: date) -> str:
    """The bar in words, for those who do not see it."""
    told = [f"{s.label or _(LABELS[s.state])} {_period(s.start, s.end)}" for s in sorted(spans, key=lambda s: s.start)]
    use = _("Utilisable %(period)s", period=_period(available[0] or today, available[1]))
    return f"{use}. {_('Aujourd’hui')}{_(' : ')}{_(LABELS[state_on(today, spans, available)])}." + (
        f" {'; '.join(told)}." if told else ""
    )


def _period(start: date, end: date | None) -> str:
    if end is None:
        return _("à partir du %(start)s", start=day(start))
    return _("du %(start)s au %(end)s", start=day(start), end=day(end - timedelta(days=1)))


@dataclass(frozen=True)
class Chapter:
    """One stretch of a lot's history, told: a use, works, or emptiness with its reason."""

    state: str
    start: date
    end: date | None
    label: str
    note: str = ""
    key: int | None = None  # of the occupancy, when there is one

    @property
    def days(self) -> int | None:
        return (self.end - self.start).days if self.end else None


@dataclass(frozen=True)
class Reason:
    """Why a lot stands empty on [start, end)."""

    start: date
    end: date | None
    label: str
    note: str = ""


def chapters(
    uses: Sequence[Chapter], reasons: Sequence[Reason], available: tuple[date | None, date | None], today: date
) -> list[Chapter]:
    """The whole history, latest first. Emptiness is where no use is, from the first thing known to the last or today."""
    known = [c.start for c in uses] + [r.start for r in reasons] + ([available[0]] if available[0] else [])
    if not known:
        return list(uses)
    last = max([today + timedelta(days=1), *(c.start for c in uses), *(r.end or today for r in reasons)])
    horizon = min(last, available[1]) if available[1] else last
    empty = [c for gap in _holes(uses, min(known), horizon) for c in _explained(gap, reasons)]
    return sorted([*uses, *empty], key=lambda c: (c.start, c.label), reverse=True)


def _holes(uses: Sequence[Chapter], start: date, end: date) -> list[tuple[date, date]]:
    holes, current = [], start
    for use in sorted(uses, key=lambda c: c.start):
        if use.start > current:
            holes.append((current, min(use.start, end)))
        current = max(current, use.end or end)
    if current < end:
        holes.append((current, end))
    return [(a, b) for a, b in holes if a < b]


def _explained(gap: tuple[date, date], reasons: Sequence[Reason]) -> list[Chapter]:
    """A gap cut at the days where its reason changes."""
    start, end = gap
    cuts = {start, end, *(d for r in reasons for d in (r.start, r.end) if d and start < d < end)}
    days = sorted(cuts)
    found = []
    for a, b in pairwise(days):
        why = next((r for r in reasons if r.start <= a and (r.end is None or b <= r.end)), None)
        found.append(Chapter("vacant", a, b, why.label if why else "", why.note if why else ""))
    return found
