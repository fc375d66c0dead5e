"""The addresses of hosted pages: AWS's host names, the same under `localhost`, and paths that need no name at all.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foulweather.services.cognito_idp.records import Domain, Pool
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.world import World

PATHS = "/cognito-user-pools/"
"""`/cognito-user-pools/<domain>/oauth2/…` on any host of the server."""
_PREFIXED = re.compile(r"([a-z0-9-]+)\.auth\.([a-z0-9-]+)\.amazoncognito\.com")
_SHORT = re.compile(r"([a-z0-9-]+\.auth\.[a-z0-9-]+)\.localhost")


class Address(NamedTuple):
    """A domain by the name that AWS knows it by, what its paths begin with here, and the path below."""

    domain: str
    base: str
    path: str


class Home(NamedTuple):
    """A domain with the pool whose pages it has."""

    state: CognitoState
    pool: Pool
    domain: Domain


def host_name(host: str) -> str:
    """The name in a Host header, in lower case and without its port."""
    return (host.rpartition(":")[0] if ":" in host else host).lower()


def address_of(host: str, path: str) -> Address:
    """The domain that a host or a path names, whether there is one or not."""
    if path.startswith(PATHS):
        name, _, rest = path[len(PATHS) :].partition("/")
        return Address(_canonical(name.lower()), f"{PATHS}{name}", f"/{rest}")
    return Address(_canonical(host_name(host)), "", path)


def home_of(world: World, name: str) -> Home | None:
    """The domain of a name: a prefix is of its region, a name of one's own is anywhere."""
    found = _PREFIXED.fullmatch(name)
    for state in world.store.states(CognitoState):
        if found is None:
            domain = state.domains.get(name)
        else:
            domain = state.domains.get(found[1]) if state.region == found[2] else None
        if domain is not None and bool(domain.certificate) == (found is None):
            return Home(state, state.pools[domain.pool], domain)
    return None


def _canonical(name: str) -> str:
    short = _SHORT.fullmatch(name)
    if short is not None:
        return f"{short[1]}.amazoncognito.com"
    return name.removesuffix(".localhost")
