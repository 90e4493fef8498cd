"""Status for everyone: each state of each object has, for each role, a label and a sentence that says who acts and when."""

import re
from datetime import date, timedelta

import pytest

from allocation.assignment.award_sentences import APPEAL_STATES, appeal_state
from allocation.assignment.workflow import AWARD_STATES
from allocation.leases.workflow import STATES as LEASE_STATES
from allocation.selection import invitation_states
from calls import need_sentences
from calls.sentences import APPLICATION_LABELS
from calls.workflow import CALL_STATES
from intervalle import clock, i18n, statuses
from tests.calls import make as calls

NOW = clock.now()
FACTS = statuses.Facts(NOW, NOW - timedelta(days=7), NOW + timedelta(days=21))
# Every way a sentence names who acts next, or says that nothing is left to do.
ACTS = re.compile(
    r"À vous|À l’organisateur|À la structure|Au propriétaire|bailleur|jurés|commission|structures? |La structure|Rien|rien|"
    r"L’organisateur|juge|L’occupation|titre|appel a été annulé|réponse motivée|Vous l’avez retirée|nouvelle décision|à l’organisateur|personne|ne peut plus|à vous|l’occupant"
)
DATED = {
    ("call", "open"), ("call", "closed"), ("call", "ranked"), ("call", "released"), ("application", "draft"), ("application", "submitted"),
    ("application", "examined"), ("application", "decided"), ("award", "offered"), ("appeal", "waiting"),
    ("seat", "pending"),
}  # fmt: skip
UNDATED = {("call", "closed", "Jurés"), ("call", "ranked", "Jurés"), ("call", "released", "Qui organise")}
STATES = {
    "call": CALL_STATES, "application": tuple(APPLICATION_LABELS), "need": need_sentences.STATES, "award": AWARD_STATES,
    "lease": LEASE_STATES, "appeal": APPEAL_STATES, "direct": CALL_STATES,
    "seat": invitation_states.STATES,
}  # fmt: skip
EVERY = [(kind, state, role) for kind, one in statuses.TABLE.items() for state in STATES[kind] for role in one.roles]


def test_every_object_has_every_state() -> None:
    assert {kind: sorted(one.labels) for kind, one in statuses.TABLE.items()} == {k: sorted(v) for k, v in STATES.items()}  # fmt: skip
    assert all(len(one.roles) > 1 for one in statuses.TABLE.values())


@pytest.mark.parametrize(("kind", "state", "role"), EVERY)
def test_each_state_says_who_acts_and_by_when(kind: str, state: str, role: str) -> None:
    one = statuses.TABLE[kind]
    sentence = one.roles[role](state, FACTS)
    assert i18n._(one.labels[state])
    assert sentence.endswith(".")
    assert ACTS.search(sentence), sentence
    if (kind, state) in DATED and (kind, state, role) not in UNDATED:
        assert re.search(r"\d{4}", sentence), sentence
    with i18n.speaking("en"):
        assert one.roles[role](state, FACTS) != sentence


def test_roles_are_not_all_told_the_same() -> None:
    alike = {
        (kind, state)
        for kind, one in statuses.TABLE.items()
        for state in STATES[kind]
        if len({said(state, FACTS) for said in one.roles.values()}) == 1
    }
    assert alike == {
        ("call", "cancelled"),
        ("direct", "cancelled"),
        ("application", "cancelled"),
        ("lease", "running"),
        ("lease", "ended"),
    }


def test_a_need_past_its_last_day_asks_for_another() -> None:
    class Until:
        wanted_until = date(2026, 11, 22)

    today = date(2026, 11, 22)
    assert need_sentences.state_of(Until(), closed=False, today=today, lots=3) == "over"
    assert need_sentences.state_of(Until(), closed=False, today=today, owners=1) == "asked"
    assert need_sentences.state_of(Until(), closed=True, today=today, owners=1) == "closed"
    assert need_sentences.state_of(Until(), closed=False, today=date(2026, 11, 21), lots=3) == "matched"


def test_an_appeal_without_answer_is_refused_on_its_day() -> None:
    day = date(2027, 1, 22)
    assert [appeal_state(None, day, day - timedelta(days=n)) for n in (1, 0)] == ["waiting", "silent"]
    assert (appeal_state(None, None, day), appeal_state("granted", day, day)) == ("court", "granted")
    assert appeal_state(None, day, day, silence_refuses=False) == "overdue"  # a private owner still owes its answer


async def test_the_table_is_a_page_for_everybody(db, client) -> None:
    structure = await calls.side(db, "ess_structure")
    browser = await client(structure.person)
    page = (await browser.get("/etats")).text
    assert page.count("<table") == len(statuses.TABLE)
    assert "À vous : acceptez ou déclinez" in page
