"""Guesses are counted before they are checked, in their own transaction: a failed sign-in cannot un-count itself."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from sqlalchemy import case, delete
from sqlalchemy.dialects.postgresql import insert

from intervalle import clock
from intervalle.accounts.models import Throttle
from intervalle.errors import TooMany
from intervalle.i18n import _
from intervalle.settings import settings
from intervalle.web import Request


@dataclass(frozen=True)
class Limit:
    count: int
    window: timedelta


PER_ACCOUNT_AND_PLACE = Limit(10, timedelta(hours=1))
# What a stranger may try on one account from anywhere; the owner's known browser is not counted here.
PER_ACCOUNT = Limit(30, timedelta(hours=1))
PER_PLACE = Limit(150, timedelta(hours=1))
MAILS_PER_ADDRESS = Limit(5, timedelta(hours=1))


def _network(address: str) -> IPv4Network | IPv6Network | None:
    """`10.0.0.0/8`, `192.0.2.7` or an IPv6 form of them; None for what is no address (a Unix socket, a typing error)."""
    try:
        found = ip_network(address.strip().strip("[]"), strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.prefixlen == 128 and (mapped := found.network_address.ipv4_mapped):
        return ip_network(mapped)  # a socket that listens on both families shows IPv4 callers as ::ffff:192.0.2.7
    return found


def is_ours(address: str, trusted: tuple[str, ...]) -> bool:
    """Whether `address` is one of our proxies: `trusted` names addresses and networks."""
    caller = _network(address)
    if caller is None:
        return address in trusted
    ours = (network for entry in trusted if (network := _network(entry)))
    return any(caller.version == network.version and caller.subnet_of(network) for network in ours)  # type: ignore[arg-type]


def place_of(request: Request) -> str:
    """The caller's address. A proxy's word is taken when it is ours: the last address of the list that is not of ours.

    What stands further left was written by whoever sent the request, and may be anything.
    """
    direct = request.client.host if request.client else "?"
    trusted = settings().trusted_proxies
    place = direct
    for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
        if not is_ours(place, trusted) or _network(hop) is None:
            break
        place = hop.strip()
    return place


async def count(request: Request, key: str, limit: Limit) -> None:
    """One more try under `key`; TooMany when the window is full."""
    now = clock.now()
    counted = insert(Throttle).values(key=key[:300], window_start=now, count=1)
    fresh = Throttle.window_start <= now - limit.window
    one_more = counted.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((fresh, 1), else_=Throttle.count + 1),
            "window_start": case((fresh, now), else_=Throttle.window_start),
        },
    ).returning(Throttle.count)
    async with request.app.state.sessions() as own, own.begin():
        tried = (await own.execute(one_more)).scalar_one()
    if tried > limit.count:
        minutes = int(limit.window.total_seconds() // 60)
        raise TooMany(
            _("Trop de tentatives."),
            _("Attendez un peu (au plus %(minutes)s minutes), ou redéfinissez votre mot de passe.", minutes=minutes),
        )


async def forgive(request: Request, key: str) -> None:
    """Forget the tries under this very key: « code:1 » is not « code:12 »."""
    async with request.app.state.sessions() as own, own.begin():
        await own.execute(delete(Throttle).where(Throttle.key == key))
