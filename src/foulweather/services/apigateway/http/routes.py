"""Which route answers a request: the most specific that takes its method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

from typing import Generic, TypeVar
from urllib.parse import unquote

T = TypeVar("T")


class Node(Generic[T]):
    """One part of a path: its routes by method, and what is below; names come before variables, greedy ones last."""

    __slots__ = ("greedy", "named", "names", "routes", "variables")

    def __init__(self) -> None:
        self.names: dict[str, Node[T]] = {}
        self.named: Node[T] | None = None
        self.greedy: Node[T] | None = None
        self.routes: dict[str, T] = {}
        self.variables: dict[str, tuple[str, ...]] = {}
        """The names of the variables on the way here, by method: routes may name them differently."""

    def put(self, method: str, path: str, route: T) -> None:
        """Place a route (`GET`, `/pets/{id}`)."""
        node, names = self, list[str]()
        for part in path[1:].split("/"):
            if part.startswith("{") and part.endswith("}"):
                names.append(part[1:-1].removesuffix("+"))
                node = node._below_variable(is_greedy=part.endswith("+}"))
            else:
                node = node.names.setdefault(part, Node())
        node.routes[method], node.variables[method] = route, tuple(names)

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]] | None:
        """The route of a path as it came (percent-encoded), and the values of its variables, decoded."""
        values: list[str] = []
        node = self._found(method, path[1:].split("/"), 0, values)
        if node is None:
            return None
        held = method if method in node.routes else "ANY"
        return node.routes[held], dict(zip(node.variables[held], values, strict=True))

    def takes(self, path: str) -> set[str]:
        """The methods that some route takes at a path."""
        return {method for method in ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD") if self.find(method, path)}

    def _below_variable(self, *, is_greedy: bool) -> Node[T]:
        if is_greedy:
            self.greedy = self.greedy or Node()
            return self.greedy
        self.named = self.named or Node()
        return self.named

    def _found(self, method: str, parts: list[str], at: int, values: list[str]) -> Node[T] | None:
        if at == len(parts):
            return self if method in self.routes or "ANY" in self.routes else None
        part, depth = parts[at], len(values)
        below = self.names.get(part)
        if below is None and "%" in part and "%2f" not in part.lower():
            below = self.names.get(unquote(part))
        if below is not None:
            found = below._found(method, parts, at + 1, values)
            if found is not None:
                return found
        if self.named is not None and part:
            values.append(unquote(part))
            found = self.named._found(method, parts, at + 1, values)
            if found is not None:
                return found
            del values[depth:]
        greedy = self.greedy
        if greedy is not None and (method in greedy.routes or "ANY" in greedy.routes):
            rest = "/".join(parts[at:])
            if rest:
                values.append(unquote(rest))
                return greedy
        return None
