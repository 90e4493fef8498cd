"""Who is acting: a plain value loaded once per request."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Belonging:
    """One active membership."""

    organisation_id: int
    name: str
    kind: str
    role: str


@dataclass(frozen=True)
class ActingFor:
    """A mandate in force: the actor's organisation `agent_id` may act for `grantor_id`."""

    grantor_id: int
    agent_id: int
    grantor_name: str
    scope: str


@dataclass(frozen=True)
class Actor:
    """A person, or nobody (`user_id` None), or the system itself in a job (`SYSTEM`)."""

    user_id: int | None = None
    name: str = ""
    email: str = ""
    locale: str = "fr"
    platform: bool = False
    demo: bool = False
    second_factor: bool = False
    needs_second_factor: bool = False
    current_id: int | None = None
    belongings: tuple[Belonging, ...] = ()
    mandates: tuple[ActingFor, ...] = ()
    system: bool = False
    session_hash: bytes = field(default=b"", repr=False)

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def current(self) -> Belonging | None:
        """The organisation shown in the header; the first one when none was chosen."""
        chosen = [b for b in self.belongings if b.organisation_id == self.current_id]
        return next(iter(chosen or self.belongings), None)

    def own(self, roles: frozenset[str] | None = None) -> frozenset[int]:
        """Ids of the organisations this person belongs to, with one of `roles`."""
        return frozenset(b.organisation_id for b in self.belongings if roles is None or b.role in roles)

    def organisations(self, roles: frozenset[str] | None = None, scope: str = "everything") -> frozenset[int]:
        """Their own, and those they act for by a mandate that covers `scope` ("premises", "calls").

        Without a scope only a mandate for everything counts: a mandate to run calls opens neither leases nor taxes.
        """
        own = self.own(roles)
        lent = {m.grantor_id for m in self.mandates if m.agent_id in own and m.scope in {scope, "everything"}}
        return own | lent

    def kinds(self, roles: frozenset[str] | None = None) -> frozenset[str]:
        return frozenset(b.kind for b in self.belongings if roles is None or b.role in roles)


NOBODY = Actor()
SYSTEM = Actor(name="Intervalle", system=True)
