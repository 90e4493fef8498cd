"""Every route of the product, in the order of the trade. A room's `handlers.py` offers `ROUTES`."""

from litestar.handlers import HTTPRouteHandler

import allocation.assignment.handlers
import allocation.leases.handlers
import allocation.relocation.call_pages
import allocation.relocation.handlers
import allocation.selection.handlers
import allocation.tfpb.handlers
import calls.handlers
import intervalle.accounts.handlers
import intervalle.home
import intervalle.house
import intervalle.territory.handlers
import premises.handlers

ROUTES: list[HTTPRouteHandler] = [
    *intervalle.house.ROUTES,
    *intervalle.home.ROUTES,
    *intervalle.accounts.handlers.ROUTES,
    *intervalle.territory.handlers.ROUTES,
    *premises.handlers.ROUTES,
    *calls.handlers.ROUTES,
    *allocation.selection.handlers.ROUTES,
    *allocation.assignment.handlers.ROUTES,
    *allocation.leases.handlers.ROUTES,
    *allocation.tfpb.handlers.ROUTES,
    *allocation.relocation.call_pages.ROUTES,
    *allocation.relocation.handlers.ROUTES,
]
