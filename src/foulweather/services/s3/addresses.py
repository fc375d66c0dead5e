"""Which bucket and key an address of S3 means: by path, by virtual host, of a website, of an access point.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["rest", "website", "accelerate", "accesspoint", "control"]

_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
_DOMAIN = r"(?:amazonaws\.com|localhost)"
_REST = re.compile(rf"(?:(?P<bucket>.+)\.)?s3(?:[.-](?:dualstack\.)?(?P<region>{_REGION}))?\.(?:dualstack\.)?{_DOMAIN}")
_WEBSITE = re.compile(rf"(?P<bucket>.+)\.s3-website[.-](?P<region>{_REGION})\.{_DOMAIN}")
_ACCELERATE = re.compile(rf"(?:(?P<bucket>.+)\.)?s3-accelerate\.(?:dualstack\.)?{_DOMAIN}")
_ACCESS_POINT = re.compile(rf"(?P<bucket>.+)\.s3-accesspoint\.(?:dualstack\.)?(?P<region>{_REGION})\.{_DOMAIN}")
_CONTROL = re.compile(rf"(?:(?P<bucket>\d+)\.)?s3-control\.(?:dualstack\.)?(?P<region>{_REGION})\.{_DOMAIN}")
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("rest", _REST),
    ("website", _WEBSITE),
    ("accelerate", _ACCELERATE),
    ("accesspoint", _ACCESS_POINT),
    ("control", _CONTROL),
)

WEBSITE_HOSTS = rf".+\.s3-website[.-]{_REGION}\.{_DOMAIN}"
"""The hosts of static websites: not the API, but what visitors ask."""


class Address(NamedTuple):
    """What a `Host` header says: the bucket (or access point, or account) in it, if any."""

    kind: Kind
    bucket: str = ""
    region: str = ""


PLAIN = Address("rest")


@lru_cache(maxsize=4096)
def address_of(host: str) -> Address | None:
    """What a `Host` header means to S3; None for a host of another service."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    name = name.lower()
    if "." not in name or name.startswith("[") or _is_address(name):
        return PLAIN
    for kind, pattern in _PATTERNS:
        found = pattern.fullmatch(name)
        if found is not None:
            return Address(kind, found["bucket"] or "", found.groupdict().get("region") or "")
    # What clients make of an endpoint `http://localhost:4566`: the bucket goes before it.
    if name.endswith(".localhost"):
        return Address("rest", name.removesuffix(".localhost"))
    return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
