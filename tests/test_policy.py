"""One policy table, held to its word: every route is watched, every line serves, nobody enters around it."""

import ast
import re
from typing import Any

import pytest
from litestar import asgi, get

from intervalle import app as application
from intervalle import routes
from intervalle.accounts.actor import NOBODY, SYSTEM, ActingFor, Actor, Belonging
from intervalle.accounts.policy import ANYONE, SIGNED_IN, Policy, Rule, member, person
from intervalle.accounts.policy_table import POLICY, TABLE
from intervalle.accounts.subject import Subject
from intervalle.errors import Forbidden, Refused, SignInNeeded
from intervalle.settings import ROOT
from intervalle.web import Db

# Lines that no route carries yet, each with the reason. A line leaves this list when its page exists.
WAITING: dict[str, str] = {}


@get("/sans-regle")
async def no_policy() -> str:
    return ""


@get("/regle-inconnue", policy="calls.imagined")
async def unknown_policy(db: Db) -> str:
    return ""


@get("/regle-contournee", policy="calls.follow")
async def without_db() -> str:
    return ""


@get("/ouverte", policy="home.show")
async def open_without_db() -> str:
    return ""


@get("/gardee", policy="calls.follow")
async def watched(db: Db) -> str:
    return ""


@asgi("/brute")
async def raw(scope: Any, receive: Any, send: Any) -> None:
    return None


def test_every_route_is_watched() -> None:
    assert application.policies_missing(routes.ROUTES) == []
    assert len(routes.ROUTES) > 60


def test_what_is_watched_and_what_is_not() -> None:
    handlers = [no_policy, unknown_policy, without_db, open_without_db, watched, raw]
    missing = application.policies_missing(handlers)
    assert [line.split(" ")[0] for line in missing[:3]] == ["/sans-regle", "/regle-inconnue", "/regle-contournee"]
    assert len(missing) == 4


@pytest.mark.parametrize("handler", [no_policy, unknown_policy, without_db, raw])
def test_the_application_refuses_to_start_with_an_unwatched_route(handler: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(routes, "ROUTES", [*routes.ROUTES, handler])
    with pytest.raises(SystemExit, match="règle d’accès"):
        application.create_app()


def actions_named() -> set[str]:
    """Every action that a verb or a page names in full."""
    found: set[str] = set()
    for package in ("src/intervalle", "premises", "calls", "allocation"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "policy_table.py":
                constants = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
                found |= {node.value for node in constants if isinstance(node.value, str)}
    for path in (ROOT / "templates").rglob("*.html"):
        found |= set(re.findall(r'can\("([\w.]+)"', path.read_text()))
    return found


def test_every_line_of_the_table_serves() -> None:
    served = {handler.opt["policy"] for handler in routes.ROUTES} | actions_named()
    assert {action for action in TABLE if action not in served} - set(WAITING) == set()


def test_templates_ask_only_for_lines_that_exist() -> None:
    asked = {
        action
        for path in (ROOT / "templates").rglob("*.html")
        for action in re.findall(r'can\("([\w.]+)"', path.read_text())
    }
    assert asked - set(TABLE) == set()
    assert len(asked) > 10


def test_verbs_ask_only_for_lines_that_exist() -> None:
    asked = set()
    for package in ("src/intervalle", "premises", "calls", "allocation"):
        for path in (ROOT / package).rglob("*.py"):
            asked |= set(re.findall(r'POLICY\.(?:check|can|admit)\(\s*[\w.()]+,\s*"([\w.]+)"', path.read_text()))
    assert asked - set(TABLE) == set()
    assert len(asked) > 30


def test_a_post_is_never_open_to_all_but_to_enter() -> None:
    """Whoever is not signed in changes nothing, except to come, go, sign up, or read in another language."""
    open_posts = {
        handler.opt["policy"]
        for handler in routes.ROUTES
        if "POST" in handler.http_methods and TABLE[handler.opt["policy"]] == ANYONE
    }
    assert open_posts == {
        "account.sign_in",
        "account.sign_out",
        "account.sign_up",
        "account.reset_password",
        "account.set_language",
        "account.second_factor",
    }


# --- the two moments -----------------------------------------------------------------------------------------------


class Thing(Subject):
    """Owned by organisation 1, judged by person 5, in a state."""

    def __init__(self, stage: str = "draft") -> None:
        self._stage = stage

    def parties(self) -> dict[str, frozenset[int]]:
        return {"owner": frozenset({1})}

    def people(self) -> dict[str, frozenset[int]]:
        return {"juror": frozenset({5})}

    def stage(self) -> str:
        return self._stage


TRIAL = Policy(
    {
        "thing.show": ANYONE,
        "thing.list": SIGNED_IN,
        "thing.edit": member("owner", states=("draft",), too_late="Trop tard."),
        "thing.create": member(kinds=("city",)),
        "thing.judge": person("juror"),
        "thing.watch": Rule("platform"),
    }
)


def somebody(*belongings: tuple[int, str, str], user_id: int = 4, **more: Any) -> Actor:
    held = tuple(Belonging(organisation_id, "", kind, role) for organisation_id, kind, role in belongings)
    return Actor(user_id=user_id, belongings=held, **more)


EDITOR = somebody((1, "city", "editor"))
VIEWER = somebody((1, "city", "viewer"))
STRANGER = somebody((2, "city", "admin"))
STRUCTURE = somebody((3, "ess_structure", "admin"))
JUROR = somebody(user_id=5)
BY_MANDATE = somebody((9, "support_body", "editor"), mandates=(ActingFor(1, 9, "", "everything"),))
WITHOUT_MEMBERSHIP = somebody(mandates=(ActingFor(1, 9, "", "everything"),))

WHO = {"nobody": NOBODY, "editor": EDITOR, "viewer": VIEWER, "stranger": STRANGER, "structure": STRUCTURE,
       "juror": JUROR, "mandate": BY_MANDATE, "agent's mandate without the agent": WITHOUT_MEMBERSHIP, "system": SYSTEM,
       "platform": somebody(user_id=6, platform=True)}  # fmt: skip

# Action -> who may do it to the thing in its first state. Everybody else may not.
MAY = {
    "thing.show": set(WHO),
    "thing.list": set(WHO) - {"nobody"},
    "thing.edit": {"editor", "mandate", "system"},
    "thing.judge": {"juror", "system"},
    "thing.watch": {"platform", "system"},
}


@pytest.mark.parametrize("action", sorted(MAY))
def test_who_may_do_what_to_an_object(action: str) -> None:
    allowed = set()
    for name, actor in WHO.items():
        try:
            TRIAL.check(actor, action, Thing())
        except (Forbidden, SignInNeeded):
            assert not TRIAL.can(actor, action, Thing())
            continue
        assert TRIAL.can(actor, action, Thing())
        allowed.add(name)
    assert allowed == MAY[action]


def test_who_may_create_without_an_object() -> None:
    assert {name for name, actor in WHO.items() if TRIAL.can(actor, "thing.create")} == {"editor", "stranger", "system"}


def test_too_late_is_another_refusal_than_not_you() -> None:
    with pytest.raises(Refused, match=r"Trop tard\."):
        TRIAL.check(EDITOR, "thing.edit", Thing("open"))
    with pytest.raises(Forbidden):
        TRIAL.check(STRANGER, "thing.edit", Thing("open"))
    assert not TRIAL.can(EDITOR, "thing.edit", Thing("open"))


def test_the_second_factor_comes_before_anything_but_what_is_open_to_all() -> None:
    half = somebody((1, "city", "editor"), needs_second_factor=True)
    whole = somebody((1, "city", "editor"), needs_second_factor=True, second_factor=True)
    TRIAL.admit(half, "thing.show")
    for action in ("thing.list", "thing.edit", "thing.create"):
        with pytest.raises(SignInNeeded) as asked:
            TRIAL.admit(half, action)
        assert asked.value.second_factor
        TRIAL.admit(whole, action)


class Site(Thing):
    def parties(self) -> dict[str, frozenset[int]]:
        return {relation: frozenset({1}) for relation in ("owner", "organiser", "landlord", "self")}


# Scope of the mandate -> what the agent's administrator may do for the grantor.
BY_SCOPE = {
    "premises": {"premises.edit"},
    "calls": {"calls.follow", "decisions.edit"},
    "everything": {"premises.edit", "calls.follow", "decisions.edit", "leases.revalue", "tfpb.edit"},
}


@pytest.mark.parametrize("scope", sorted(BY_SCOPE))
def test_a_mandate_opens_its_scope_and_never_the_organisation_itself(scope: str) -> None:
    agent = somebody((9, "support_body", "admin"), mandates=(ActingFor(1, 9, "", scope),))
    tried = BY_SCOPE["everything"] | {"organisation.edit", "organisation.invite", "organisation.show"}
    assert {action for action in tried if POLICY.can(agent, action, Site())} == BY_SCOPE[scope]
    assert agent.organisations() == ({1, 9} if scope == "everything" else {9})
    assert agent.organisations(scope="calls") == ({9} if scope == "premises" else {1, 9})
    assert agent.own() == {9}


def test_a_viewer_of_the_agent_lends_no_hand() -> None:
    agent = somebody((9, "support_body", "viewer"), mandates=(ActingFor(1, 9, "", "everything"),))
    assert not POLICY.can(agent, "premises.edit", Site())
    assert POLICY.can(agent, "calls.follow", Site())
