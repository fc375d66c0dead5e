"""The functions of the language by name (CWL_QuerySyntax-operations-functions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from foulweather.services.logs.insights import addresses, dates, numerics, strings, structures
from foulweather.services.logs.insights.values import number
from foulweather.services.logs.insights.writing import Kind

_MANY = 100


class Function(NamedTuple):
    """A function, how many arguments it takes, and what it gives."""

    call: Callable[..., Any]
    least: int
    most: int
    kind: Kind


FUNCTIONS: dict[str, Function] = {
    "abs": Function(numerics.absolute, 1, 1, "number"),
    "ceil": Function(numerics.ceil, 1, 1, "number"),
    "floor": Function(numerics.floor, 1, 1, "number"),
    "greatest": Function(numerics.greatest, 1, _MANY, "number"),
    "least": Function(numerics.least, 1, _MANY, "number"),
    "log": Function(numerics.log, 1, 1, "number"),
    "round": Function(numerics.rounded, 1, 2, "number"),
    "sqrt": Function(numerics.sqrt, 1, 1, "number"),
    "haversine": Function(numerics.haversine, 4, 4, "number"),
    "tonumber": Function(number, 1, 1, "number"),
    "toint": Function(numerics.to_int, 1, 1, "number"),
    "tolong": Function(numerics.to_long, 1, 1, "number"),
    "todouble": Function(numerics.to_double, 1, 1, "number"),
    "isnumeric": Function(numerics.is_numeric, 1, 1, "flag"),
    "frommillis": Function(dates.whole_ms, 1, 1, "time"),
    "tomillis": Function(dates.whole_ms, 1, 1, "number"),
    "parsedate": Function(dates.parse_date, 2, 3, "number"),
    "formatdate": Function(dates.format_date, 2, 3, "text"),
    "strftime": Function(dates.format_date, 2, 3, "text"),
    "messagesize": Function(strings.message_size, 1, 1, "number"),
    "jsonparse": Function(structures.json_parse, 1, 1, "structure"),
    "jsonstringify": Function(structures.json_stringify, 1, 1, "text"),
    "jsonarraysize": Function(structures.json_array_size, 1, 1, "number"),
    "jsonarraycontains": Function(structures.json_array_contains, 2, 2, "flag"),
    "isvalidip": Function(addresses.is_valid_ip, 1, 1, "flag"),
    "isvalidipv4": Function(addresses.is_valid_ipv4, 1, 1, "flag"),
    "isvalidipv6": Function(addresses.is_valid_ipv6, 1, 1, "flag"),
    "isipinsubnet": Function(addresses.is_ip_in_subnet, 2, 2, "flag"),
    "isipv4insubnet": Function(addresses.is_ipv4_in_subnet, 2, 2, "flag"),
    "isipv6insubnet": Function(addresses.is_ipv6_in_subnet, 2, 2, "flag"),
    "ipv4tonumber": Function(addresses.ipv4_to_number, 1, 1, "number"),
    "isprivateip": Function(addresses.is_private_ip, 1, 1, "flag"),
    "ispublicip": Function(addresses.is_public_ip, 1, 1, "flag"),
    "isreservedip": Function(addresses.is_reserved_ip, 1, 1, "flag"),
    "isempty": Function(strings.isempty, 1, 1, "number"),
    "isblank": Function(strings.isblank, 1, 1, "number"),
    "concat": Function(strings.concat, 1, _MANY, "text"),
    "ltrim": Function(strings.ltrim, 1, 2, "text"),
    "rtrim": Function(strings.rtrim, 1, 2, "text"),
    "trim": Function(strings.trim, 1, 2, "text"),
    "strlen": Function(strings.strlen, 1, 1, "number"),
    "toupper": Function(strings.toupper, 1, 1, "text"),
    "tolower": Function(strings.tolower, 1, 1, "text"),
    "substr": Function(strings.substr, 2, 3, "text"),
    "replace": Function(strings.replace, 3, 3, "text"),
    "regexreplace": Function(strings.regex_replace, 3, 3, "text"),
    "strcontains": Function(strings.strcontains, 2, 3, "number"),
    "startswith": Function(strings.startswith, 2, 2, "number"),
    "endswith": Function(strings.endswith, 2, 2, "number"),
    "urlencode": Function(strings.urlencode, 1, 1, "text"),
    "urldecode": Function(strings.urldecode, 1, 1, "text"),
    "base64encode": Function(strings.base64encode, 1, 1, "text"),
    "base64decode": Function(strings.base64decode, 1, 1, "text"),
    "split": Function(strings.split, 2, 2, "structure"),
    "hextoascii": Function(strings.hex_to_ascii, 1, 1, "text"),
    "hextodec": Function(strings.hex_to_dec, 1, 1, "number"),
    "dectohex": Function(strings.dec_to_hex, 1, 1, "text"),
    "md5": Function(strings.md5, 1, 1, "text"),
    "sha256": Function(strings.sha256, 1, 1, "text"),
}

# Functions that the compiler writes itself, with how many arguments they take.
WRITTEN: dict[str, tuple[int, int]] = {
    "bin": (1, 1),
    "datefloor": (2, 2),
    "dateceil": (2, 2),
    "now": (0, 0),
    "querystarttime": (0, 0),
    "queryendtime": (0, 0),
    "querytimerange": (0, 0),
    "ispresent": (1, 1),
    "coalesce": (1, _MANY),
    "case": (2, 21),  # up to 10 branches, and a default
    "if": (3, 3),
    "unmask": (1, 1),
}

# Aggregations of AWS's that are not built: known, so refused by name.
NOT_BUILT = frozenset({"rate", "histogram"})
