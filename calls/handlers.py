"""Needs, calls and applications."""

from litestar.handlers import HTTPRouteHandler

import calls.spans  # registers what calls add to a lot's bar  # noqa: F401
from calls import (
    amendment_pages,
    application_pages,
    approval_pages,
    attachment_pages,
    batch_pages,
    call_pages,
    demand_pages,
    diagnosis_pages,
    duplicate_pages,
    meeting_pages,
    need_pages,
    organiser_pages,
    paper_pages,
    partner_pages,
    publication_pages,
    register_pages,
    section_pages,
    sent_pages,
    structure_twin_pages,
)

ROUTES: list[HTTPRouteHandler] = [
    *call_pages.ROUTES,
    *organiser_pages.ROUTES,
    *amendment_pages.ROUTES,
    *meeting_pages.ROUTES,
    *approval_pages.ROUTES,
    *publication_pages.ROUTES,
    *batch_pages.ROUTES,
    *application_pages.ROUTES,
    *section_pages.ROUTES,
    *sent_pages.ROUTES,
    *attachment_pages.ROUTES,
    *paper_pages.ROUTES,
    *duplicate_pages.ROUTES,
    *structure_twin_pages.ROUTES,
    *demand_pages.ROUTES,
    *diagnosis_pages.ROUTES,
    *need_pages.ROUTES,
    *partner_pages.ROUTES,
    *register_pages.ROUTES,
]
