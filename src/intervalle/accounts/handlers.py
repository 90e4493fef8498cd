"""Sign-in, sign-up, account, organisations."""

from litestar.handlers import HTTPRouteHandler

from intervalle.accounts import (
    account_pages,
    joining_pages,
    mail_pages,
    mandate_pages,
    organisation_pages,
    platform_pages,
    second_factor_pages,
    sign_in_pages,
    structure_pages,
)

ROUTES: list[HTTPRouteHandler] = [
    *sign_in_pages.ROUTES,
    *second_factor_pages.ROUTES,
    *account_pages.ROUTES,
    *mail_pages.ROUTES,
    *organisation_pages.ROUTES,
    *structure_pages.ROUTES,
    *joining_pages.ROUTES,
    *mandate_pages.ROUTES,
    *platform_pages.ROUTES,
]
