"""The tree of an API's paths: which resource a request is for.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

from __future__ import annotations

from typing import Generic, TypeVar
from urllib.parse import unquote

T = TypeVar("T")


class Node(Generic[T]):
    """One part of a path: what is there, and what is below; names come before `{variables}`, greedy ones last."""

    __slots__ = ("greedy", "named", "names", "resource", "variable")

    def __init__(self) -> None:
        self.names: dict[str, Node[T]] = {}
        self.named: Node[T] | None = None
        self.variable = ""
        self.greedy: tuple[str, Node[T]] | None = None
        self.resource: T | None = None

    def put(self, path: str, resource: T) -> None:
        """Place a resource at its path (`/orders/{id}`, `/{proxy+}`)."""
        node = self
        for part in path.strip("/").split("/") if path != "/" else ():
            node = node._below(part)
        node.resource = resource

    def find(self, path: str) -> tuple[T, dict[str, str]] | None:
        """The resource of a path as it came (percent-encoded), and the values of the path's variables, decoded.

        An encoded slash does not part a path, and dots mean nothing: what matches is what was sent.
        """
        parts = path[1:].split("/")
        if parts[-1] == "":  # a slash at the end makes no difference
            parts.pop()
        values: dict[str, str] = {}
        found = self._found(parts, 0, values)
        return None if found is None else (found, values)

    def _below(self, part: str) -> Node[T]:
        if part.startswith("{") and part.endswith("+}"):
            if self.greedy is None:
                self.greedy = (part[1:-2], Node())
            return self.greedy[1]
        if part.startswith("{") and part.endswith("}"):
            self.variable = part[1:-1]
            if self.named is None:
                self.named = Node()
            return self.named
        return self.names.setdefault(part, Node())

    def _found(self, parts: list[str], at: int, values: dict[str, str]) -> T | None:
        if at == len(parts):
            return self.resource
        part = parts[at]
        below = self.names.get(part)
        if below is None and "%" in part and "%2f" not in part.lower():
            below = self.names.get(unquote(part))
        if below is not None:
            found = below._found(parts, at + 1, values)
            if found is not None:
                return found
        if self.named is not None and part:
            found = self.named._found(parts, at + 1, values)
            if found is not None:
                values[self.variable] = unquote(part)
                return found
        if self.greedy is not None and self.greedy[1].resource is not None:
            name, node = self.greedy
            values[name] = unquote("/".join(parts[at:]))
            return node.resource
        return None
