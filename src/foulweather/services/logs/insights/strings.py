"""The string, hashing and regular-expression functions (CWL_QuerySyntax-string-functions)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import urllib.parse
from typing import Any

from foulweather.kernel import linear_patterns
from foulweather.services.logs.insights.regexes import translated
from foulweather.services.logs.insights.values import number, text, truth

_TEXT_MAX = 1_000_000


def isempty(value: Any) -> int:
    """1 if the field is missing or an empty string."""
    return 0 if text(value) else 1


def isblank(value: Any) -> int:
    """1 if the field is missing, empty, or white space."""
    found = text(value)
    return 0 if found is not None and found.strip() else 1


def concat(*parts: Any) -> str:
    """The strings one after another; a missing one adds nothing."""
    return "".join(text(part) or "" for part in parts)


def ltrim(value: Any, characters: Any = None) -> str | None:
    """Without white space, or these characters, at the left."""
    found = text(value)
    return None if found is None else found.lstrip(text(characters))


def rtrim(value: Any, characters: Any = None) -> str | None:
    """Without white space, or these characters, at the right."""
    found = text(value)
    return None if found is None else found.rstrip(text(characters))


def trim(value: Any, characters: Any = None) -> str | None:
    """Without white space, or these characters, at both ends."""
    found = text(value)
    return None if found is None else found.strip(text(characters))


def strlen(value: Any) -> int | None:
    """The length in code points."""
    found = text(value)
    return None if found is None else len(found)


def toupper(value: Any) -> str | None:
    """In upper case."""
    found = text(value)
    return None if found is None else found.upper()


def tolower(value: Any) -> str | None:
    """In lower case."""
    found = text(value)
    return None if found is None else found.lower()


def substr(value: Any, start: Any, length: Any = None) -> str | None:
    """From an index on, for a length or to the end."""
    found, first = text(value), number(start)
    if found is None or first is None:
        return None
    index = max(int(first), 0)
    if length is None:
        return found[index:]
    count = number(length)
    return None if count is None else found[index : index + max(int(count), 0)]


def replace(value: Any, searched: Any, replacement: Any) -> str | None:
    """With every occurrence of a text replaced."""
    found, old, new = text(value), text(searched), text(replacement)
    if found is None or old is None or new is None:
        return None
    return found if not old or len(new) * (found.count(old) or 1) > _TEXT_MAX else found.replace(old, new)


def regex_replace(value: Any, pattern: Any, replacement: Any) -> str | None:
    """With every match of a regular expression replaced; `$1` stands for a group."""
    found, old, new = text(value), text(pattern), text(replacement)
    if found is None or old is None or new is None:
        return None
    try:
        return linear_patterns.compiled(translated(old)).sub(lambda match: _expanded(new, match), found)
    except linear_patterns.InvalidExpression:
        return None


def _expanded(template: str, match: linear_patterns.Match) -> str:
    def group(reference: re.Match[str]) -> str:
        try:
            return match[int(reference[1])] or ""
        except IndexError:
            return reference[0]

    return re.sub(r"[$\\](\d)", group, template)


def strcontains(value: Any, searched: Any, case_insensitive: Any = False) -> int:
    """1 if one text is in the other."""
    found, part = text(value), text(searched)
    if found is None or part is None:
        return 0
    if truth(case_insensitive):
        found, part = found.lower(), part.lower()
    return int(part in found)


def startswith(value: Any, searched: Any) -> int:
    """1 if the text begins with the other."""
    found, part = text(value), text(searched)
    return int(found is not None and part is not None and found.startswith(part))


def endswith(value: Any, searched: Any) -> int:
    """1 if the text ends with the other."""
    found, part = text(value), text(searched)
    return int(found is not None and part is not None and found.endswith(part))


def urlencode(value: Any) -> str | None:
    """URL-encoded."""
    found = text(value)
    return None if found is None else urllib.parse.quote(found, safe="", errors="replace")


def urldecode(value: Any) -> str | None:
    """URL-decoded."""
    found = text(value)
    return None if found is None else urllib.parse.unquote_plus(found)


def base64encode(value: Any) -> str | None:
    """In base64."""
    found = text(value)
    return None if found is None else base64.b64encode(found.encode("utf-8", "replace")).decode()


def base64decode(value: Any) -> str | None:
    """Out of base64; nothing for what is none."""
    found = text(value)
    if found is None:
        return None
    try:
        return base64.b64decode(found, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def split(value: Any, delimiter: Any) -> list[str] | None:
    """The parts between delimiters, as a list."""
    found, between = text(value), text(delimiter)
    if found is None or between is None:
        return None
    return found.split(between) if between else list(found)


def hex_to_ascii(value: Any) -> str | None:
    """The text that hexadecimal digits spell."""
    found = text(value)
    try:
        return None if found is None else bytes.fromhex(found.removeprefix("0x")).decode("ascii")
    except ValueError:
        return None


def hex_to_dec(value: Any) -> int | None:
    """The number that hexadecimal digits spell."""
    found = text(value)
    if found is None or re.fullmatch(r"-?(?:0[xX])?[0-9a-fA-F]{1,200}", found) is None:
        return None
    return int(found, 16)


def dec_to_hex(value: Any) -> str | None:
    """In lower-case hexadecimal, with `0x`; a fraction is cut off."""
    found = number(value)
    return None if found is None else hex(int(found))


def md5(value: Any) -> str | None:
    """The MD5 hash, in hexadecimal."""
    found = text(value)
    return None if found is None else hashlib.md5(found.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def sha256(value: Any) -> str | None:
    """The SHA-256 hash, in hexadecimal."""
    found = text(value)
    return None if found is None else hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()


def message_size(value: Any) -> int | None:
    """The length in bytes."""
    found = text(value)
    return None if found is None else len(found.encode("utf-8", "surrogatepass"))
