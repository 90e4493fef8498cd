"""For whom an act is done, when its author's right comes from a mandate: set where the right is found, read by the journal."""

from contextvars import ContextVar

# Id of the organisation acted for; None when the author acts for an organisation of its own.
BEHALF: ContextVar[int | None] = ContextVar("acting for", default=None)
