"""The host names of function URLs: AWS's, and the same under `localhost`, which needs no DNS.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

HOSTS = r"[a-z0-9]{1,64}\.lambda-url\.[a-z0-9-]+\.(?:on\.aws|localhost)"
PATHS = "/_awslambda-"
"""How the paths of packages begin (`code_locations`)."""
_HOST = re.compile(r"([a-z0-9]{1,64})\.lambda-url\.([a-z0-9-]+)\.(?:on\.aws|localhost)")


class Address(NamedTuple):
    """A URL's id, and its region."""

    id: str
    region: str


def address_of(host: str) -> Address | None:
    """The URL that a Host header names, if it does."""
    name = (host.rpartition(":")[0] if ":" in host else host).lower()
    found = _HOST.fullmatch(name)
    return None if found is None else Address(found[1], found[2])
