"""Long random lives of a call, an application, an award, a title, a path, a claim and a request to join, against the promise written here.

The rows are the product's own, out of any database; the policy table and the computed states answer. `LEGAL` is the
promise, written apart from the product: what may happen in each state, and which state follows. An act absent from a
line must be refused, and must change nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.dialects.postgresql import Range

from allocation.assignment.models import Award
from allocation.assignment.workflow import AWARD_STATES
from allocation.leases.models import Lease
from allocation.leases.workflow import STATES as LEASE_STATES
from allocation.relocation.models import RelocationPath
from calls.models import Application, Call
from calls.workflow import APPLICATION_STATES, CALL_STATES
from intervalle import clock
from intervalle.accounts.actor import SYSTEM
from intervalle.accounts.models import EssClaim, JoinRequest
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused

BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SAME = None  # the act leaves the state as it is

STATES = {
    "call": CALL_STATES, "application": APPLICATION_STATES, "award": AWARD_STATES, "lease": LEASE_STATES,
    "path": ("open", "closed"), "claim": ("waiting", "reviewed"),
    "join": ("waiting", "answered"),
}  # fmt: skip

PREPARE = {"visits.plan": SAME, "panel.compose": SAME}
SELECT = {
    "panel.compose": SAME, "panel.open": SAME, "panel.lift": SAME, "panel.check_admissibility": SAME, "panel.ask_correction": SAME,
    "panel.hand_out": SAME, "panel.close": SAME, "panel.meet": SAME, "panel.rank": "ranked", "late.decide": SAME,
    "visits.mark": SAME, "paper.register": SAME, "duplicates.decide": SAME, "calls.repeat": SAME, "calls.cancel": "cancelled",
    "direct.receive": SAME, "direct.decide": "ranked",
}  # fmt: skip
LEGAL: dict[tuple[str, str], dict[str, str | None]] = {
    ("call", "draft"): PREPARE | {"calls.edit": SAME, "calls.open": "open", "calls.unschedule": SAME, "calls.cancel": "cancelled"},
    ("call", "open"): PREPARE | {
        "calls.extend": SAME, "calls.amend": SAME, "calls.repeat": SAME, "calls.cancel": "cancelled", "visits.mark": SAME,
        "questions.answer": SAME, "paper.register": SAME, "calls.gather": SAME, "direct.receive": SAME,
    },
    ("call", "closed"): SELECT,
    ("call", "ranked"): {"calls.repeat": SAME, "direct.undo": "closed"},
    ("call", "released"): {"calls.repeat": SAME},
    ("call", "cancelled"): {},
    ("application", "draft"): {
        "applications.draft": SAME, "applications.submit": "submitted", "applications.take_back": SAME, "late.ask": SAME,
    },
    ("application", "submitted"): {
        "applications.submit": SAME, "applications.take_back": "draft", "applications.confirm": SAME,
    },
    ("application", "withdrawn"): {"applications.take_back": "draft"},
    ("award", "prepared"): {},
    ("award", "offered"): {"awards.answer": "accepted"},
    ("award", "accepted"): {},
    ("award", "declined"): {},
    ("award", "expired"): {},
    ("award", "withdrawn"): {},
    ("lease", "draft"): {"leases.edit": SAME, "leases.sign": "signed"},
    ("lease", "signed"): {"leases.insure": SAME, "leases.hand_keys": SAME, "leases.fulfil": SAME},
    ("lease", "running"): {"leases.insure": SAME, "leases.hand_keys": SAME, "leases.fulfil": SAME},
    ("lease", "ended"): {"leases.fulfil": SAME},
    ("path", "open"): {"relocation.act": "closed", "relocation.answer": SAME},
    ("path", "closed"): {},
    ("claim", "waiting"): {"ess.review": "reviewed"},
    ("claim", "reviewed"): {},
    ("join", "waiting"): {"membership.answer": "answered", "membership.review": "answered"},
    ("join", "answered"): {},
}  # fmt: skip
# What time alone may do to a state, and nothing else may.
PASSING = {("call", "open"): {"closed"}, ("award", "offered"): {"expired"}, ("lease", "signed"): {"running", "ended"},
           ("lease", "running"): {"ended"}}  # fmt: skip
# Acts the policy lets through whatever the state: the verb looks at the call itself.
BESIDE = {"applications.withdraw": "application", "decisions.release": "call"}
EVENTS = {kind: sorted({event for (k, _), line in LEGAL.items() if k == kind for event in line}) for kind in STATES}
PAIRS = {(kind, state, event) for kind in STATES for state in STATES[kind] for event in EVENTS[kind]}


@dataclass
class World:
    """One row of each kind, and the hour."""

    now: datetime = BEGINNING
    rows: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {
            "call": Call(closes_at=BEGINNING + timedelta(days=30)),
            "application": Application(),
            "award": Award(),
            "lease": Lease(during=Range(date(2026, 2, 1), date(2026, 6, 1))),
            "path": RelocationPath(),
            "claim": EssClaim(),
            "join": JoinRequest(),
        }

    def state(self, kind: str) -> str:
        with clock.at(self.now):
            return str(self.rows[kind].stage())

    def allowed(self, kind: str, event: str) -> bool:
        """What the policy says, by both of its doors."""
        with clock.at(self.now):
            button = POLICY.can(SYSTEM, event, self.rows[kind])
            try:
                POLICY.check(SYSTEM, event, self.rows[kind])
            except Refused:
                assert not button
                return False
            assert button
            return True

    def facts(self) -> dict[str, dict[str, Any]]:
        return {kind: {k: v for k, v in vars(row).items() if not k.startswith("_")} for kind, row in self.rows.items()}


def act(world: World, kind: str, event: str) -> None:
    """The promise kept on one act: allowed or refused as written, and the state that follows is the one written."""
    before, legal = world.state(kind), LEGAL[kind, world.state(kind)]
    assert world.allowed(kind, event) is (event in legal), (kind, before, event)
    if event not in legal:
        return
    EFFECTS.get(event, _nothing)(world, world.rows[kind])
    assert world.state(kind) == (legal[event] or before), (kind, before, event)


def _nothing(world: World, row: Any) -> None:
    """Acts that write elsewhere than in the dates of the row."""


def _open(world: World, call: Any) -> None:
    call.opened_at = world.now
    call.closes_at = max(call.closes_at, world.now + timedelta(days=10))  # the verb refuses a closing already past


def _extend(world: World, call: Any) -> None:
    call.closes_at += timedelta(days=5)


def _take_back(world: World, application: Any) -> None:
    application.submitted_at = application.withdrawn_at = None


def _submit(world: World, application: Any) -> None:
    application.submitted_at = application.submitted_at or world.now


def _sign(world: World, lease: Any) -> None:
    lease.signed_at = world.now
    first = max(lease.during.lower, world.now.date() + timedelta(days=2))
    lease.during = Range(first, max(lease.during.upper, first + timedelta(days=40)))


def _undo(world: World, call: Any) -> None:
    call.ranked_at = None


def _dated(name: str) -> Callable[[World, Any], None]:
    return lambda world, row: setattr(row, name, world.now)


EFFECTS: dict[str, Callable[[World, Any], None]] = {
    "calls.open": _open, "calls.extend": _extend, "calls.cancel": _dated("cancelled_at"), "panel.rank": _dated("ranked_at"),
    "applications.submit": _submit, "applications.take_back": _take_back, "awards.answer": _dated("accepted_at"),
    "leases.sign": _sign, "relocation.act": _dated("closed_at"), "ess.review": _dated("reviewed_at"),
    "direct.decide": _dated("ranked_at"), "direct.undo": _undo, "membership.answer": _dated("answered_at"), "membership.review": _dated("answered_at"),
}  # fmt: skip


class Lives(RuleBasedStateMachine):
    """Every kind lives beside the others; time passes; nothing but what is written happens."""

    visited: set[tuple[str, str, str]] = set()  # noqa: RUF012  # over all runs
    steps = 0

    @initialize(kind=st.sampled_from(sorted(STATES)), data=st.data())
    def begin(self, kind: str, data: st.DataObject) -> None:
        """One of the rows has a past already: late states are met as often as early ones."""
        self.world = World()
        for step in WAYS[kind, data.draw(st.sampled_from(STATES[kind]))]:
            step(self.world)
        self.seen = {kind: self.world.state(kind) for kind in STATES}

    @rule(data=st.data(), kind=st.sampled_from(sorted(STATES)), final=st.integers(0, 9))
    def attempt(self, data: st.DataObject, kind: str, final: int) -> None:
        """Every act is asked for, one is done. Acts that end a life are done once in ten times: lives are to be long."""
        event = data.draw(st.sampled_from(EVENTS[kind]))
        before, others = self.world.state(kind), {k: v for k, v in self.world.facts().items() if k != kind}
        for asked in EVENTS[kind]:
            assert self.world.allowed(kind, asked) is (asked in LEGAL[kind, before]), (kind, before, asked)
            Lives.visited.add((kind, before, asked))
        if LEGAL[kind, before].get(event) in ENDS.get(kind, ()) and final:
            assert self.world.allowed(kind, event)
        else:
            act(self.world, kind, event)
        assert {k: v for k, v in self.world.facts().items() if k != kind} == others

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        before = {kind: self.world.state(kind) for kind in STATES}
        self.world.now += timedelta(days=days)
        for kind, was in before.items():
            assert self.world.state(kind) in {was} | PASSING.get((kind, was), set()), (kind, was)

    @rule()
    def the_work_goes_on(self) -> None:
        """The next step of the call's main road."""
        before = self.world.state("call")
        if before == "draft":
            act(self.world, "call", "calls.open")
        elif before == "open":
            self.world.now = self.world.rows["call"].closes_at
            assert self.world.state("call") == "closed"
        elif before == "closed":
            act(self.world, "call", "panel.rank")

    @rule()
    def the_organiser_releases(self) -> None:
        """One act: decisions leave, the award becomes an offer. The verb asks for a ranked call."""
        if self.world.state("call") != "ranked":
            return
        self.world.rows["call"].released_at = self.world.now
        assert self.world.state("call") == "released"
        if self.world.state("award") == "prepared":
            self.world.rows["award"].released_at = self.world.now
            self.world.rows["award"].offer_expires_at = self.world.now + timedelta(days=15)
            assert self.world.state("award") == "offered"

    @rule()
    def the_applicant_gives_up(self) -> None:
        """Before the decisions, the file; after, the offer."""
        if self.world.state("call") != "released":
            self.world.rows["application"].withdrawn_at = self.world.now
            assert self.world.state("application") == "withdrawn"
        elif self.world.state("award") == "offered":
            self.world.rows["award"].declined_at = self.world.now
            assert self.world.state("award") == "declined"

    @rule()
    def a_corrective_act_takes_the_award_back(self) -> None:
        if self.world.state("award") in {"offered", "accepted"}:
            self.world.rows["award"].withdrawn_at = self.world.now
            assert self.world.state("award") == "withdrawn"

    @rule(days=st.integers(0, 60))
    def the_title_ends_early(self, days: int) -> None:
        if self.world.state("lease") == "running":
            self.world.rows["lease"].ended_on = self.world.now.date() + timedelta(days=days)
            assert self.world.state("lease") == ("running" if days else "ended")

    @invariant()
    def no_illegal_state(self) -> None:
        Lives.steps += 1
        for kind, was in self.seen.items():
            now = self.world.state(kind)
            assert now in STATES[kind]
            if was in ENDS.get(kind, ()):
                assert now == was, f"{kind} left {was}"
        self.seen = {kind: self.world.state(kind) for kind in STATES}


ENDS = {"call": {"released", "cancelled"}, "award": {"declined", "expired", "withdrawn"}, "lease": {"ended"},
        "path": {"closed"}, "claim": {"reviewed"}, "join": {"answered"}}  # fmt: skip


def lives(runs: int, steps: int) -> None:
    Lives.visited, Lives.steps = set(), 0
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Lives, settings=settings(max_examples=runs, stateful_step_count=steps, deadline=None, database=None)
    )


def test_every_line_of_the_policy_that_names_states_is_in_the_promise() -> None:
    named = {action for action, line in POLICY.table.items() if line.states is not None}
    promised = {event for events in EVENTS.values() for event in events}
    assert promised == named
    assert not named & set(BESIDE)
    assert {(kind, state) for kind, states in STATES.items() for state in states} == set(LEGAL)


def test_short_lives() -> None:
    lives(25, 20)
    assert Lives.visited <= PAIRS


@pytest.mark.parametrize(("kind", "state"), sorted(LEGAL))
def test_every_act_in_every_state(kind: str, state: str) -> None:
    """Each state reached by its shortest life; every act of the kind tried there."""
    for event in EVENTS[kind]:
        world = World()
        for step in WAYS[kind, state]:
            step(world)
        assert world.state(kind) == state
        act(world, kind, event)


@pytest.mark.drill
def test_two_thousand_lives_of_fifty_steps_visit_everything() -> None:
    lives(2000, 50)
    assert Lives.steps >= 2000 * 40
    assert Lives.visited == PAIRS


def _acts(*events: tuple[str, str]) -> list[Callable[[World], None]]:
    return [lambda world, kind=kind, event=event: act(world, kind, event) for kind, event in events]


def _waits(days: int) -> Callable[[World], None]:
    def wait(world: World) -> None:
        world.now += timedelta(days=days)

    return wait


def _write(kind: str, name: str, days: int = 0) -> Callable[[World], None]:
    return lambda world: setattr(world.rows[kind], name, world.now + timedelta(days=days))


OPEN = _acts(("call", "calls.open"))
CLOSED = [*OPEN, _waits(60)]
OFFERED = [_write("award", "released_at"), _write("award", "offer_expires_at", 15)]
SIGNED = _acts(("lease", "leases.sign"))
WAYS: dict[tuple[str, str], list[Callable[[World], None]]] = {
    ("call", "draft"): [],
    ("call", "open"): OPEN,
    ("call", "closed"): CLOSED,
    ("call", "ranked"): [*CLOSED, *_acts(("call", "panel.rank"))],
    ("call", "released"): [*CLOSED, *_acts(("call", "panel.rank")), _write("call", "released_at")],
    ("call", "cancelled"): _acts(("call", "calls.cancel")),
    ("application", "draft"): [],
    ("application", "submitted"): _acts(("application", "applications.submit")),
    ("application", "withdrawn"): [_write("application", "withdrawn_at")],
    ("award", "prepared"): [],
    ("award", "offered"): OFFERED,
    ("award", "accepted"): [*OFFERED, *_acts(("award", "awards.answer"))],
    ("award", "declined"): [*OFFERED, _write("award", "declined_at")],
    ("award", "expired"): [*OFFERED, _waits(15)],
    ("award", "withdrawn"): [*OFFERED, *_acts(("award", "awards.answer")), _write("award", "withdrawn_at")],
    ("lease", "draft"): [],
    ("lease", "signed"): SIGNED,
    ("lease", "running"): [*SIGNED, _waits(30)],
    ("lease", "ended"): [*SIGNED, _waits(400)],
    ("path", "open"): [],
    ("path", "closed"): _acts(("path", "relocation.act")),
    ("claim", "waiting"): [],
    ("claim", "reviewed"): _acts(("claim", "ess.review")),
    ("join", "waiting"): [],
    ("join", "answered"): _acts(("join", "membership.answer")),
}
