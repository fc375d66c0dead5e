"""Pages of listings: where they begin, what they step over, how their keys are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from sortedcontainers import SortedList

from foulweather.services.s3 import refusals
from foulweather.services.s3.records import Version
from foulweather.services.s3.state import Shelf

_LAST = "\U0010ffff"


class Page:
    """A page of a listing; `last` is the key or common prefix that it ends with, `last_id` its version."""

    __slots__ = ("is_truncated", "last", "last_id", "prefixes", "versions")

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self.prefixes: list[str] = []
        self.is_truncated = False
        self.last = ""
        self.last_id = ""


def encoded(page: Page) -> Page:
    """A page of prefixes only."""
    only = Page()
    only.prefixes = page.prefixes
    return only


def encoder(request: Mapping[str, Any]) -> Callable[[str], str]:
    """How keys are written: percent-encoded where `encoding-type=url` asks for it.

    XML 1.0 cannot hold every character that a key can have.
    """
    kind = request.get("EncodingType")
    if kind is None:
        return str
    if kind != "url":
        raise refusals.invalid_argument("encoding-type", kind, "Invalid Encoding Method specified in Request")
    return _percent_encoded


def _percent_encoded(text: str) -> str:
    return quote_plus(text, safe="/*", errors="replace").replace("~", "%7E")


def after_prefix(keys: SortedList[str], prefix: str, position: int) -> int:
    """The place of the first key after all those that begin with `prefix`."""
    position = max(position, keys.bisect_left(prefix + _LAST))
    while position < len(keys) and keys[position].startswith(prefix):
        position += 1  # keys with the last of all characters after the prefix
    return position


def newest_page(shelf: Shelf, prefix: str, delimiter: str, marker: str, size: int) -> Page:
    """The newest versions after a marker; what shares a beginning up to the delimiter counts as one.

    Only what is listed is looked at: the keys of a common prefix are stepped over, however many they are.
    """
    page = Page()
    keys = shelf.keys
    newest = shelf.newest
    start = max(marker, prefix)
    position = keys.bisect_right(marker) if marker and marker >= prefix else keys.bisect_left(start)
    if delimiter and marker.startswith(prefix):
        common = _common(marker, prefix, delimiter)
        if common and common == marker:  # the last page ended with this prefix
            position = after_prefix(keys, common, position)
    count, total, width = 0, len(keys), len(prefix)
    while position < total and size:
        for key in keys.islice(position):
            if not key.startswith(prefix):
                return page
            version = newest(key)
            if version is None or version.is_delete_marker:
                position += 1
                continue
            common = ""
            if delimiter:
                end = key.find(delimiter, width)
                if end >= 0:
                    common = key[: end + len(delimiter)]
            if count >= size:
                page.is_truncated = True
                return page
            count += 1
            if common:
                page.prefixes.append(common)
                page.last = common
                position = after_prefix(keys, common, position)
                break
            page.versions.append(version)
            page.last = key
            position += 1
    return page


def _common(key: str, prefix: str, delimiter: str) -> str:
    end = key.find(delimiter, len(prefix))
    return key[: end + len(delimiter)] if end >= 0 else ""


def versions_page(shelf: Shelf, prefix: str, delimiter: str, key_marker: str, id_marker: str, size: int) -> Page:
    """The versions after a marker, which may be in the middle of a key's versions."""
    page = Page()
    keys = shelf.keys
    width = len(prefix)
    position = keys.bisect_left(max(key_marker, prefix))
    if key_marker and key_marker >= prefix and not id_marker:
        position = keys.bisect_right(key_marker)
    if delimiter and key_marker.startswith(prefix):
        end = key_marker.find(delimiter, width)
        if end >= 0 and end + len(delimiter) == len(key_marker):
            position = after_prefix(keys, key_marker, position)
    while position < len(keys) and size:
        key = keys[position]
        if not key.startswith(prefix):
            break
        end = key.find(delimiter, width) if delimiter else -1
        if end >= 0:
            common = key[: end + len(delimiter)]
            if _is_full(page, size):
                break
            page.prefixes.append(common)
            page.last, page.last_id = common, ""
            position = after_prefix(keys, common, position)
            continue
        for version in _after(shelf.versions(key), id_marker if key == key_marker else ""):
            if _is_full(page, size):
                return page
            page.versions.append(version)
            page.last, page.last_id = key, version.id
        position += 1
    return page


def _is_full(page: Page, size: int) -> bool:
    page.is_truncated = len(page.versions) + len(page.prefixes) >= size
    return page.is_truncated


def _after(versions: list[Version], id_marker: str) -> list[Version]:
    """The versions older than the marker's; all of them where it is of another key."""
    if not id_marker:
        return versions
    for index, version in enumerate(versions):
        if version.id == id_marker:
            return versions[index + 1 :]
    return []
