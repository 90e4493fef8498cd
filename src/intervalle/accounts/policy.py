"""The one policy: who may do what. The lines are in `policy_table.py`; this file reads them.

Two moments. *Route*: before a handler runs, `admit` checks what can be known without the object (signed in, second
factor, kind of organisation). *Verb*: `check` looks at the actor's relation to the object and at its state. What may
be *seen* is decided by the `…_visible_to` queries: what they leave out is a 404.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from intervalle.accounts.actor import Actor
from intervalle.accounts.subject import Subject
from intervalle.behalf import BEHALF
from intervalle.errors import Forbidden, Refused, SignInNeeded

WRITE = frozenset({"admin", "editor"})
ADMIN = frozenset({"admin"})
READ = frozenset({"admin", "editor", "viewer"})
# Room of an action -> scope of the mandates that open it. The other rooms ask for a mandate for everything.
SCOPES = {
    "premises": "premises", "calls": "calls", "needs": "calls", "applications": "calls", "panel": "calls",
    "proposals": "calls", "decisions": "calls", "visits": "calls", "questions": "calls", "late": "calls", "paper": "calls", "duplicates": "calls",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    who: "anyone" | "signed_in" | "member" (belongs, with `roles`, to an organisation standing in `relation` to the
    object) | "person" (is one of the object's people in `relation`) | "platform".
    kinds: for acts without an object yet (create), the kinds of organisation that may do it.
    states: the object's states in which the act is possible; None for all.
    """

    who: str = "member"
    roles: frozenset[str] = WRITE
    relation: str | None = None
    kinds: frozenset[str] | None = None
    states: frozenset[str] | None = None
    too_late: str = ""


ANYONE = Rule("anyone")
SIGNED_IN = Rule("signed_in")
PLATFORM = Rule("platform")


def member(relation: str | None = None, *, roles: frozenset[str] = WRITE, kinds: tuple[str, ...] | None = None,
           states: tuple[str, ...] | None = None, too_late: str = "") -> Rule:  # fmt: skip
    return Rule(
        "member", roles, relation, frozenset(kinds) if kinds else None, frozenset(states) if states else None, too_late
    )


def person(relation: str, *, states: tuple[str, ...] | None = None, too_late: str = "") -> Rule:
    return Rule("person", READ, relation, None, frozenset(states) if states else None, too_late)


def admit(actor: Actor, rule: Rule) -> None:
    """Route-level: raise SignInNeeded or Forbidden when no object could make this act possible."""
    if rule.who == "anyone" or actor.system:
        return
    if not actor.signed_in:
        raise SignInNeeded
    if actor.needs_second_factor and not actor.second_factor:
        raise SignInNeeded("Confirmez votre identité avec votre code à six chiffres.", second_factor=True)
    if rule.who == "platform" and not actor.platform:
        raise Forbidden("Cette page est réservée à l’administration de la plateforme.")
    if rule.who == "member" and rule.kinds and not actor.kinds(rule.roles) & rule.kinds:
        raise Forbidden(
            "Votre organisation ne peut pas faire cela.",
            "Choisissez une autre de vos organisations, ou demandez à un administrateur de la vôtre.",
        )


def allows(actor: Actor, rule: Rule, subject: Subject | None, scope: str = "everything") -> bool:
    """Whether the relation holds (the state is not looked at). Nobody enters an organisation itself by mandate."""
    if actor.system or rule.who == "anyone":
        return True
    if rule.who == "signed_in":
        return actor.signed_in
    if rule.who == "platform":
        return actor.platform
    if subject is None or rule.relation is None:
        return bool(actor.kinds(rule.roles) & rule.kinds) if rule.kinds else bool(actor.own(rule.roles))
    if rule.who == "person":
        return actor.user_id in subject.people().get(rule.relation, frozenset())
    held = actor.own(rule.roles) if rule.relation == "self" else actor.organisations(rule.roles, scope)
    return bool(held & subject.parties().get(rule.relation, frozenset()))


def principal(actor: Actor, rule: Rule, subject: Subject | None, scope: str = "everything") -> int | None:
    """The organisation acted for, when only a mandate gives the right; the journal names it with the act."""
    if actor.system or subject is None or rule.who != "member" or rule.relation in {None, "self"}:
        return None
    standing = subject.parties().get(rule.relation or "", frozenset())
    if standing & actor.own(rule.roles):
        return None
    return min(standing & actor.organisations(rule.roles, scope), default=None)


def scope_of(action: str) -> str:
    return SCOPES.get(action.partition(".")[0], "everything")


class Policy:
    """The table, with the two questions asked of it."""

    def __init__(self, table: Mapping[str, Rule]) -> None:
        self.table = table

    def __contains__(self, action: str) -> bool:
        return action in self.table

    def admit(self, actor: Actor, action: str) -> None:
        admit(actor, self.table[action])

    def can(self, actor: Actor, action: str, subject: Subject | None = None) -> bool:
        """For templates: show the button, or not."""
        rule = self.table[action]
        if not allows(actor, rule, subject, scope_of(action)):
            return False
        return rule.states is None or subject is None or subject.stage() in rule.states

    def check(self, actor: Actor, action: str, subject: Subject | None = None) -> None:
        """For verbs: Forbidden when the relation is missing, Refused when the state does not allow it."""
        rule = self.table[action]
        admit(actor, rule)
        BEHALF.set(principal(actor, rule, subject, scope_of(action)))
        if not allows(actor, rule, subject, scope_of(action)):
            raise Forbidden(
                "Vous n’avez pas le droit de faire cela ici.",
                "Demandez à un membre habilité de l’organisation responsable.",
            )
        if rule.states is not None and subject is not None and subject.stage() not in rule.states:
            raise Refused(
                rule.too_late or "L’état du dossier ne permet plus cette action.",
                "Rechargez la page pour voir où il en est.",
            )
