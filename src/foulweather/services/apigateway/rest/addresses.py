"""The addresses of stages: AWS's host names, the same under `localhost`, and paths that need no name at all.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

HOSTS = r"[a-z0-9]{1,64}(?:-vpce-[a-z0-9]+)?\.execute-api\.[a-z0-9-]+\.(?:amazonaws\.com|localhost)"
PATHS = "/_aws/execute-api/"
"""`/_aws/execute-api/<api>/<stage>/…` on any host of the server."""
_HOST = re.compile(r"([a-z0-9]{1,64})\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com|localhost)")


class Address(NamedTuple):
    """An API by its id, the region if the name tells it, and the path below: the stage's name comes first in it."""

    api: str
    region: str
    path: str


def host_name(host: str) -> str:
    """The name in a Host header, in lower case and without its port."""
    return (host.rpartition(":")[0] if ":" in host else host).lower()


def address_of(host: str, path: str) -> Address | None:
    """The API that a host or a path names, if one does."""
    if path.startswith(PATHS):
        api, _, rest = path[len(PATHS) :].partition("/")
        return Address(api, "", f"/{rest}") if api else None
    found = _HOST.fullmatch(host_name(host))
    return None if found is None else Address(found[1], found[2], path)


def stage_of(path: str) -> tuple[str, str]:
    """The stage that a path begins with, and what is left of the path."""
    stage, slash, rest = path[1:].partition("/")
    return stage, f"/{rest}" if slash else "/"
