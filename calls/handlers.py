"""Needs, calls and applications."""

from litestar.handlers import HTTPRouteHandler

import calls.spans  # registers what calls add to a lot's bar  # noqa: F401
from calls import call_pages, organiser_pages

ROUTES: list[HTTPRouteHandler] = [*call_pages.ROUTES, *organiser_pages.ROUTES]
