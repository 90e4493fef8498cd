"""Assignment: the board, the letters, and what applicants read."""

from litestar.handlers import HTTPRouteHandler

from allocation.assignment import (
    act_pages,
    appeal_pages,
    applicant_pages,
    board_pages,
    direct_pages,
    house_pages,
    letter_pages,
    minutes_pages,
    results_pages,
    review_pages,
    steadiness_pages,
    what_if_pages,
)

ROUTES: list[HTTPRouteHandler] = [
    *board_pages.ROUTES,
    *steadiness_pages.ROUTES,
    *what_if_pages.ROUTES,
    *direct_pages.ROUTES,
    *letter_pages.ROUTES,
    *review_pages.ROUTES,
    *minutes_pages.ROUTES,
    *house_pages.ROUTES,
    *results_pages.ROUTES,
    *applicant_pages.ROUTES,
    *appeal_pages.ROUTES,
    *act_pages.ROUTES,
]
