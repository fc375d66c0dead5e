"""The canonical form of a request that both sides sign (SigV4).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.~-]*")
_DOTS_OR_DOUBLES = re.compile(r"//|/\.")
_BLANKS = re.compile(r"[ \t]+")

# Paths repeat ("/", or one per resource): canonical forms are kept, and all forgotten when they are many.
_PATHS_MAX = 2048
_paths: dict[str, str] = {}


def canonical_path(raw: str) -> str:
    """The path of any service but S3: dot segments and doubled slashes removed, then encoded once more."""
    if raw == "/":
        return raw
    path = _paths.get(raw)
    if path is None:
        if len(_paths) >= _PATHS_MAX:
            _paths.clear()
        path = quote(_normalized(raw) if _DOTS_OR_DOUBLES.search(raw) else raw, safe="/~", encoding="latin-1")
        _paths[raw] = path
    return path


def _normalized(path: str) -> str:
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if segments:
                segments.pop()
        elif segment and segment != ".":
            segments.append(segment)
    end = "/" if segments and path[-1:] == "/" else ""
    return "/" + "/".join(segments) + end


def canonical_s3_path(raw: str) -> str:
    """The path as S3 takes it: nothing normalised, each segment encoded exactly once."""
    if _PLAIN_PATH.fullmatch(raw):
        return raw
    return "/".join([quote(unquote_to_bytes(segment.encode("latin-1")), safe="~") for segment in raw.split("/")])


def canonical_query(raw: str, without: str = "") -> str:
    """The query string with every name and value encoded once, sorted by name, then value."""
    if not raw:
        return ""
    pairs: list[tuple[str, str]] = []
    for piece in raw.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((_encoded(name), _encoded(value)))
    pairs.sort()
    return "&".join([f"{name}={value}" for name, value in pairs if name != without])


def _encoded(raw: str) -> str:
    if raw.isalnum() and raw.isascii():
        return raw
    return quote(unquote_to_bytes(raw.replace("+", " ").encode("latin-1")), safe="~")


def canonical_headers(names: tuple[str, ...], by_name: dict[str, str]) -> str:
    """The signed header lines: values trimmed, runs of blanks made one; an absent header is empty."""
    lines: list[str] = []
    for name in names:
        value = by_name.get(name)
        if value is None:
            # Clients of HTTP/2 sign the host under the name that it has there.
            value = by_name.get("host", "") if name == ":authority" else ""
        if "  " in value or "\t" in value or value[:1] == " " or value[-1:] == " ":
            value = _BLANKS.sub(" ", value).strip(" ")
        lines.append(f"{name}:{value}\n")
    return "".join(lines)
