"""The request target of the start line."""

from __future__ import annotations


class TargetRefused(Exception):
    """The target is of a form that is not served; `status` is the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def read_target(method: str, target: str, headers: list[tuple[str, str]]) -> tuple[str, str]:
    """Raw path and raw query of a request target.

    An absolute-form target (RFC 9112, 3.2.2) gives its path, and its authority replaces the value of
    `Host` in `headers`.
    """
    if method == "CONNECT":
        raise TargetRefused(501, "CONNECT is not served")
    if "#" in target:
        raise TargetRefused(400, "the request target has a fragment")
    if target[:1] != "/":
        target = _origin_form(method, target, headers)
    path, _, query = target.partition("?")
    return path, query


def _origin_form(method: str, target: str, headers: list[tuple[str, str]]) -> str:
    if target == "*":
        if method != "OPTIONS":
            raise TargetRefused(400, "'*' is a target of OPTIONS alone")
        return target
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise TargetRefused(400, "the request target is neither a path nor an http URL")
    ends = [index for index in (rest.find("/"), rest.find("?")) if index >= 0]
    end = min(ends, default=len(rest))
    authority, rest = rest[:end], rest[end:]
    if not authority or "@" in authority:
        raise TargetRefused(400, "the request target has no plain host")
    for index, (name, _) in enumerate(headers):
        if name.lower() == "host":
            headers[index] = (name, authority)
    return rest if rest[:1] == "/" else "/" + rest
