"""Which operation of a REST service a method and a path mean."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel
from foulweather.wire.codecs.forms import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foulweather.kernel.model import OperationModel

SEGMENTS_MAX: Final = 1000


class Route:
    """One operation's place: its literal query keys, and the members that tell it from its neighbours."""

    __slots__ = ("headers", "is_deprecated", "labels", "literals", "needs_look", "operation", "required_keys")

    def __init__(self, operation: OperationModel, labels: list[str], query: str) -> None:
        self.operation = operation.name
        self.labels = labels
        self.literals = [(key, value) for key, value in pairs(query) if key != "x-id"]
        self.is_deprecated = bool(operation.model.get("deprecated"))
        self.required_keys: list[str] = []
        self.headers: list[str] = []
        shape = operation.input
        for name in () if shape is None else shape.required:
            member = shape.members[name] if shape is not None else None
            if member is not None and member.trait("location") == "querystring":
                self.required_keys.append(member.trait("locationName") or name)
            elif member is not None and member.trait("location") == "header":
                self.headers.append((member.trait("locationName") or name).lower())
        self.needs_look = bool(self.literals)


class Node:
    """The routes that share a beginning of their paths."""

    __slots__ = ("greedy", "label", "literals", "routes")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.label: Node | None = None
        # What may follow a greedy label, the longest first; None stands for a label.
        self.greedy: list[tuple[tuple[str | None, ...], list[Route]]] = []
        self.routes: list[Route] = []


def _suffix_length(entry: tuple[tuple[str | None, ...], list[Route]]) -> int:
    return len(entry[0])


class RestPaths:
    """One service's paths, as a trie for each method."""

    def __init__(self, model: ServiceModel) -> None:
        self._methods: dict[str, Node] = {}
        for operation in model.operations().values():
            self._add(operation)

    def _add(self, operation: OperationModel) -> None:
        path, _, query = operation.http["requestUri"].partition("?")
        segments = [segment for segment in path.split("/") if segment]
        node = self._methods.setdefault(operation.http["method"], Node())
        labels: list[str] = []
        for index, segment in enumerate(segments):
            if segment.endswith("+}"):
                labels.append(segment[1:-2])
                suffix: tuple[str | None, ...] = tuple(
                    None if each[0] == "{" else each for each in segments[index + 1 :]
                )
                labels += [each[1:-1] for each in segments[index + 1 :] if each[0] == "{"]
                routes: list[Route] | None = next((held for known, held in node.greedy if known == suffix), None)
                if routes is None:
                    routes = []
                    node.greedy.append((suffix, routes))
                    node.greedy.sort(key=_suffix_length, reverse=True)
                self._insert(routes, Route(operation, labels, query))
                return
            if segment[0] == "{":
                labels.append(segment[1:-1])
                node.label = node = node.label or Node()
            else:
                node = node.literals.setdefault(segment, Node())
        self._insert(node.routes, Route(operation, labels, query))

    @staticmethod
    def _insert(routes: list[Route], route: Route) -> None:
        routes.append(route)
        # Of two that fit alike the first wins: what replaced a deprecated operation, then the model's order.
        routes.sort(key=lambda each: each.is_deprecated)

    def match(
        self, method: str, raw_path: str, query: str, header_lookup: Callable[[str], str]
    ) -> tuple[str, dict[str, str]] | None:
        """The operation and its decoded labels, or None; the most literal path wins."""
        root = self._methods.get(method)
        if root is None:
            return None
        segments = raw_path[1:].split("/")
        if len(segments) > SEGMENTS_MAX:
            # A key of 1,024 bytes of slashes is the longest path AWS knows: only greedy labels get here.
            segments = [*segments[: SEGMENTS_MAX - 1], "/".join(segments[SEGMENTS_MAX - 1 :])]
        search = _Search(segments, query, header_lookup)
        found = search.at(root, 0, ())
        if found is None and segments[-1] == "":
            segments.pop()
            found = search.at(root, 0, ())
        if found is None:
            return None
        route, values = found
        return route.operation, {label: decoded(value) for label, value in zip(route.labels, values, strict=True)}


class _Search:
    """One request's way through the trie."""

    __slots__ = ("_header_lookup", "_keys", "_query", "_segments")

    def __init__(self, segments: list[str], query: str, header_lookup: Callable[[str], str]) -> None:
        self._segments = segments
        self._query = query
        self._header_lookup = header_lookup
        self._keys: dict[str, str] | None = None

    def at(self, node: Node, index: int, values: tuple[str, ...]) -> tuple[Route, Sequence[str]] | None:
        """The best route below `node` for the segments from `index` on."""
        segments = self._segments
        if index == len(segments):
            route = self._best(node.routes) if node.routes else None
            return None if route is None else (route, values)
        segment = segments[index]
        below = node.literals.get(segment)
        if below is not None:
            found = self.at(below, index + 1, values)
            if found is not None:
                return found
        if node.label is not None and segment:
            found = self.at(node.label, index + 1, (*values, segment))
            if found is not None:
                return found
        for suffix, routes in node.greedy:
            caught = self._greedy(suffix, index)
            if caught is not None:
                route = self._best(routes)
                if route is not None:
                    return route, (*values, *caught)
        return None

    def _greedy(self, suffix: tuple[str | None, ...], index: int) -> list[str] | None:
        segments = self._segments
        end = len(segments) - len(suffix)
        if end <= index:
            return None
        rest = "/".join(segments[index:end]) if end - index > 1 else segments[index]
        if not rest:
            return None
        caught = [rest]
        for expected, segment in zip(suffix, segments[end:], strict=True):
            if expected is None:
                if not segment:
                    return None
                caught.append(segment)
            elif expected != segment:
                return None
        return caught

    def _best(self, routes: list[Route]) -> Route | None:
        if len(routes) == 1 and not routes[0].needs_look:
            return routes[0]
        keys = self._keys
        if keys is None:
            keys = self._keys = dict(pairs(self._query)) if self._query else {}
        best: Route | None = None
        best_score: tuple[int, bool, int, bool] | None = None
        for route in routes:
            literals = 0
            for key, value in route.literals:
                if key not in keys or (value and keys[key] != value):
                    break
                literals += 1
            if literals < len(route.literals):
                continue
            present = sum([key in keys for key in route.required_keys]) + sum(
                [bool(self._header_lookup(name)) for name in route.headers]
            )
            complete = present == len(route.required_keys) + len(route.headers)
            score = (literals, complete, present, keys.get("x-id") == route.operation)
            if best_score is None or score > best_score:
                best, best_score = route, score
        return best


def decoded(value: str) -> str:
    """A piece of a path without its percent-encoding; refuses what is no UTF-8."""
    if "%" not in value and value.isascii():
        return value
    try:
        return (
            unquote(value, "utf-8", "strict")
            if value.isascii()
            else unquote(value.encode("latin-1").decode(), "utf-8", "strict")
        )
    except UnicodeError as error:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.", 400) from error


@cache
def _paths(service: str) -> RestPaths:
    return RestPaths(ServiceModel.load(service))


def match(
    service: str, method: str, raw_path: str, query: str, header_lookup: Callable[[str], str]
) -> tuple[str, dict[str, str]] | None:
    """The operation of `service` and its decoded labels, or None when it has no such path."""
    return _paths(service).match(method, raw_path, query, header_lookup)
