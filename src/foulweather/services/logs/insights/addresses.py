"""The IP address functions (CWL_QuerySyntax-IPaddress-functions)."""

from __future__ import annotations

import functools
import ipaddress
from typing import Any

from foulweather.services.logs.insights.values import text

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE = tuple(ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


@functools.lru_cache(maxsize=4096)
def _address(found: str) -> Address | None:
    try:
        return ipaddress.ip_address(found)
    except ValueError:
        return None


@functools.lru_cache(maxsize=256)
def _network(found: str) -> Network | None:
    try:
        return ipaddress.ip_network(found, strict=False)
    except ValueError:
        return None


def _of(value: Any) -> Address | None:
    found = text(value)
    return None if found is None else _address(found)


def is_valid_ip(value: Any) -> bool:
    """Whether it is an IPv4 or an IPv6 address."""
    return _of(value) is not None


def is_valid_ipv4(value: Any) -> bool:
    """Whether it is an IPv4 address."""
    return isinstance(_of(value), ipaddress.IPv4Address)


def is_valid_ipv6(value: Any) -> bool:
    """Whether it is an IPv6 address."""
    return isinstance(_of(value), ipaddress.IPv6Address)


def is_ip_in_subnet(value: Any, subnet: Any) -> bool:
    """Whether it is an address within a block."""
    address, block = _of(value), text(subnet)
    network = None if block is None else _network(block)
    return address is not None and network is not None and address.version == network.version and address in network


def is_ipv4_in_subnet(value: Any, subnet: Any) -> bool:
    """Whether it is an IPv4 address within a block."""
    return is_valid_ipv4(value) and is_ip_in_subnet(value, subnet)


def is_ipv6_in_subnet(value: Any, subnet: Any) -> bool:
    """Whether it is an IPv6 address within a block."""
    return is_valid_ipv6(value) and is_ip_in_subnet(value, subnet)


def ipv4_to_number(value: Any) -> int | None:
    """The 32 bits of an IPv4 address as a number."""
    address = _of(value)
    return int(address) if isinstance(address, ipaddress.IPv4Address) else None


def is_private_ip(value: Any) -> bool:
    """Whether the address is of a private range (RFC 1918)."""
    address = _of(value)
    return isinstance(address, ipaddress.IPv4Address) and any(address in block for block in _PRIVATE)


def is_public_ip(value: Any) -> bool:
    """Whether the address is publicly routable."""
    address = _of(value)
    return address is not None and address.is_global and not address.is_multicast


def is_reserved_ip(value: Any) -> bool:
    """Whether the address is of a range reserved for something else than hosts on the internet."""
    address = _of(value)
    if address is None or is_private_ip(value):
        return False
    return (
        address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or not address.is_global
    )
