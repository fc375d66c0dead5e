"""How one value of the request compares with one value of a policy, for each condition operator."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from foulweather.policy import patterns
from foulweather.policy.patterns import Context, Matcher, Pattern

# Whether one actual value is matched by at least one of the policy's values; None if no value matched
# and one could not be resolved, for want of a policy variable's value.
Compare = Callable[[str, Context], bool | None]
Build = Callable[[Sequence[str], bool], Compare]

_ISO_8601 = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,4})?|[+-]?\.\d+(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NANOSECONDS = 1_000_000_000


def string_equals(values: Sequence[str], variables: bool) -> Compare:
    """`StringEquals`: exact and case-sensitive."""
    return _templates([patterns.parse(v, wildcards=False, variables=variables) for v in values])


def string_equals_ignoring_case(values: Sequence[str], variables: bool) -> Compare:
    """`StringEqualsIgnoreCase`."""
    parsed = [patterns.parse(v, wildcards=False, variables=variables) for v in values]

    def compare(actual: str, context: Context) -> bool | None:
        unresolved = False
        lowered = actual.lower()
        for pattern in parsed:
            literals = patterns.bound(pattern, context)
            if literals is None:
                unresolved = True
            elif patterns.text_of(literals).lower() == lowered:
                return True
        return None if unresolved else False

    return compare


def string_like(values: Sequence[str], variables: bool) -> Compare:
    """`StringLike`: case-sensitive, with `*` and `?` anywhere."""
    return _templates([patterns.parse(v, variables=variables) for v in values])


def arn_like(values: Sequence[str], variables: bool) -> Compare:
    """`ArnEquals` and `ArnLike`: each of the six components is checked separately, with wildcards."""
    wanted = [patterns.arn_components(patterns.parse(v, variables=variables)) for v in values]
    if any(patterns.variables_of(component) for arn in wanted for component in arn):
        return _arns_with_variables(wanted)
    static = [tuple(patterns.compiled(_literals(c)) for c in arn) for arn in wanted]
    exact = frozenset(v for v in values if not re.search(r"[*?$]", v))

    def compare(actual: str, context: Context) -> bool | None:
        if actual in exact:
            return True
        components = actual.split(":", 5)
        for matchers in static:  # noqa: SIM110
            if _each_matches(matchers, components):
                return True
        return False

    return compare


def _arns_with_variables(wanted: Sequence[tuple[Pattern, ...]]) -> Compare:
    def compare(actual: str, context: Context) -> bool | None:
        unresolved = False
        components = actual.split(":", 5)
        for arn in wanted:
            literals = [patterns.bound(component, context) for component in arn]
            if None in literals:
                unresolved = True
            elif _each_matches([patterns.compiled(each) for each in literals if each is not None], components):
                return True
        return None if unresolved else False

    return compare


def _each_matches(matchers: Sequence[Matcher], components: Sequence[str]) -> bool:
    if len(matchers) != len(components):
        return False
    for matches, component in zip(matchers, components, strict=True):  # noqa: SIM110  faster than a generator
        if not matches(component):
            return False
    return True


def _templates(parsed: Sequence[Pattern]) -> Compare:
    """Whether the actual value matches one of the patterns, which may have variables."""
    static = patterns.one_of([_literals(p) for p in parsed if not patterns.variables_of(p)])
    dynamic = [p for p in parsed if patterns.variables_of(p)]
    if not dynamic:
        return lambda actual, context: static(actual)

    def compare(actual: str, context: Context) -> bool | None:
        if static(actual):
            return True
        unresolved = False
        for pattern in dynamic:
            literals = patterns.bound(pattern, context)
            if literals is None:
                unresolved = True
            elif patterns.compiled(literals)(actual):
                return True
        return None if unresolved else False

    return compare


def _literals(pattern: Pattern) -> patterns.Literals:
    return tuple(part for part in pattern if not isinstance(part, patterns.Variable))


def boolean(values: Sequence[str], variables: bool) -> Compare:
    """`Bool`: `true` or `false`, in any case."""
    return string_equals_ignoring_case(values, variables)


def binary(values: Sequence[str], variables: bool) -> Compare:
    """`BinaryEquals`: byte for byte, both sides given in base64."""
    wanted = {decoded for value in values if (decoded := _decoded(value)) is not None}

    def compare(actual: str, context: Context) -> bool | None:
        return _decoded(actual) in wanted

    return compare


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def ip_address(values: Sequence[str], variables: bool) -> Compare:
    """`IpAddress`: an address within a range of the same family; an address is its own range."""
    ranges = [found for value in values if (found := network(value)) is not None]

    def compare(actual: str, context: Context) -> bool | None:
        address = _address(actual)
        return address is not None and any(
            version == address[0] and address[1] & mask == base for version, base, mask in ranges
        )

    return compare


def network(value: str) -> tuple[int, int, int] | None:
    """A range as (IP version, base address, mask), or None if it is none."""
    try:
        found = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.netmask)


@lru_cache(maxsize=4096)
def _address(value: str) -> tuple[int, int] | None:
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return None
    return found.version, int(found)


def number(value: str) -> Decimal | None:
    """An integer or a decimal, or None if it is neither."""
    return Decimal(value) if _NUMBER.fullmatch(value) else None


@lru_cache(maxsize=4096)
def date(value: str) -> int | None:
    """A W3C ISO 8601 date or epoch seconds, as nanoseconds since 1970, or None if it is neither.

    Four digits are a year, as ISO 8601 has it.
    """
    found = _ISO_8601.fullmatch(value)
    if found is None:
        seconds = number(value)
        return None if seconds is None else int(seconds * _NANOSECONDS)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC) - _offset(zone)
    seconds = since.days * 86_400 + since.seconds
    return seconds * _NANOSECONDS + int((fraction or "0")[:9].ljust(9, "0"))


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta()
    away = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -away if zone[0] == "-" else away


def numeric(holds: Callable[[Decimal, Decimal], bool]) -> Build:
    """A `Numeric…` operator; what is no number compares with nothing."""

    def build(values: Sequence[str], variables: bool) -> Compare:
        wanted = [found for value in values if (found := number(value)) is not None]

        def compare(actual: str, context: Context) -> bool | None:
            found = number(actual)
            return found is not None and any(holds(found, each) for each in wanted)

        return compare

    return build


def dated(holds: Callable[[int, int], bool]) -> Build:
    """A `Date…` operator; what is no date compares with nothing."""

    def build(values: Sequence[str], variables: bool) -> Compare:
        wanted = [found for value in values if (found := date(value)) is not None]

        def compare(actual: str, context: Context) -> bool | None:
            found = date(actual)
            return found is not None and any(holds(found, each) for each in wanted)

        return compare

    return build
