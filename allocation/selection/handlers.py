"""Panels, conflicts, admissibility, score sheets, ranking."""

from litestar.handlers import HTTPRouteHandler

import allocation.selection.batches  # gives a batch of files its panel
import allocation.selection.jurors  # tells the accounts room who is a juror  # noqa: F401
from allocation.selection import (
    admissibility_pages,
    agenda_pages,
    conflict_pages,
    correction_pages,
    invitation_pages,
    meeting_pages,
    panel_pages,
    ranking_pages,
    scoring_pages,
    share_pages,
    workbook_pages,
)

ROUTES: list[HTTPRouteHandler] = [
    *panel_pages.ROUTES,
    *invitation_pages.ROUTES,
    *conflict_pages.ROUTES,
    *admissibility_pages.ROUTES,
    *correction_pages.ROUTES,
    *share_pages.ROUTES,
    *scoring_pages.ROUTES,
    *workbook_pages.ROUTES,
    *meeting_pages.ROUTES,
    *agenda_pages.ROUTES,
    *ranking_pages.ROUTES,
]
