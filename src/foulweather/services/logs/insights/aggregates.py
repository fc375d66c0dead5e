"""The functions of `stats` (CWL_QuerySyntax-Stats): how each counts an event in, and what it makes of its counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from foulweather.services.logs.insights.conditions import as_numeric
from foulweather.services.logs.insights.errors import MalformedQuery
from foulweather.services.logs.insights.expressions import ExpressionCompiler
from foulweather.services.logs.insights.scopes import Names, squeezed, unknown_symbol
from foulweather.services.logs.insights.syntax import Constant, FunctionCall, Node, Star
from foulweather.services.logs.insights.values import Number, number
from foulweather.services.logs.insights.writing import Code, Kind


def percentile(found: list[Number], percent: float) -> Number | None:
    """The value that `percent` per cent of the values do not exceed: one of them, the nearest rank."""
    if not found:
        return None
    found.sort()
    return found[max(math.ceil(percent / 100 * len(found)), 1) - 1]


def median(found: list[Number]) -> Number | None:
    """The value in the middle, or between the two in the middle."""
    if not found:
        return None
    found.sort()
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2


def deviation(count: int, squares: float) -> float | None:
    """The standard deviation of a sample; AWS does not say which it means, SQL engines mean this one."""
    if not count:
        return None
    return math.sqrt(squares / (count - 1)) if count > 1 else 0.0


class Groups:
    """The groups of one `stats`: each a list `g` of slots, in which every aggregation has its own."""

    def __init__(self, loop: ExpressionCompiler, names: Names) -> None:
        self.loop = loop
        self.names = names
        self.slots: list[str] = []  # what each slot starts as
        self.steps: list[str] = []  # what each event does to them
        self._known: dict[str, Code] = {}
        self._numbers: dict[str, str] = {}
        self.helpers: dict[str, Callable[..., Any]] = {}

    def aggregate(self, call: FunctionCall) -> Code:
        """The code of an aggregation's result."""
        key = squeezed(self.loop.text[call.start : call.end])
        if key not in self._known:
            least, most = _ARGUMENTS[call.name]
            if not least <= len(call.arguments) <= most:
                raise MalformedQuery(f"Invalid arguments for function {call.name}", call.start, call.end)
            if any(isinstance(argument, Star) for argument in call.arguments) and call.name not in _COUNTING:
                raise MalformedQuery(f"Invalid arguments for function {call.name}", call.start, call.end)
            self._known[key] = _AGGREGATIONS[call.name](self, call)
        return self._known[key]

    def slot(self, initial: str) -> int:
        """A new slot."""
        self.slots.append(initial)
        return len(self.slots) - 1

    def argument(self, call: FunctionCall) -> Code:
        """The name of what is aggregated, a map or a list being none."""
        code = self.loop.compiled(call.arguments[0], self.names)
        if code.kind == "structure":
            code = self.loop.writer.call("scalar", "any", code)
        return self.loop.writer.assign(code)

    def numeric(self, call: FunctionCall) -> tuple[str, Kind]:
        """The name of the number that is aggregated, and what is known of it."""
        code = self.argument(call)
        if code.text not in self._numbers:
            self._numbers[code.text] = as_numeric(self.loop.writer, code)
        return self._numbers[code.text], code.kind if code.kind in ("number", "time") else "any"

    def count(self, call: FunctionCall) -> Code:
        """`count(*)`, `count(field)`."""
        slot = self.slot("0")
        if not call.arguments or isinstance(call.arguments[0], Star):
            self.steps.append(f"g[{slot}] += 1")
        else:
            self.steps.append(f"if {self.argument(call).text} is not None: g[{slot}] += 1")
        return Code(f"g[{slot}]", "any")

    def count_distinct(self, call: FunctionCall) -> Code:
        """`count_distinct(field)`, exact here."""
        slot = self.slot("set()")
        name = self.argument(call).text
        self.steps.append(f"if {name} is not None: g[{slot}].add({name})")
        return Code(f"len(g[{slot}])", "any", 1)

    def sum(self, call: FunctionCall) -> Code:
        """`sum(field)`."""
        slot = self.slot("0")
        name, _ = self.numeric(call)
        self.steps.append(f"if {name} is not None: g[{slot}] += {name}")
        return Code(f"g[{slot}]", "number")

    def avg(self, call: FunctionCall) -> Code:
        """`avg(field)`."""
        slot, count = self.slot("0"), self.slot("0")
        name, _ = self.numeric(call)
        self.steps.append(f"if {name} is not None: g[{slot}] += {name}; g[{count}] += 1")
        return Code(f"(g[{slot}] / g[{count}] if g[{count}] else None)", "number", 1)

    def extreme(self, call: FunctionCall) -> Code:
        """`min`, `max`, and by AWS's order of all values `sortsFirst`, `sortsLast`."""
        slot, best = self.slot("None"), self.slot("None")  # as it is shown, and its number if it is one
        code = self.argument(call)
        name, number_name = code.text, self.numeric(call)[0]
        if call.name in ("max", "sortslast"):  # numbers come after all else
            wins = f"g[{best}] is None or {number_name} > g[{best}]"
            also = f"g[{best}] is None and (g[{slot}] is None or above({name}, g[{slot}]))"
        else:
            wins = f"g[{slot}] is None or g[{best}] is not None and {number_name} < g[{best}]"
            also = f"g[{best}] is not None or g[{slot}] is None or above(g[{slot}], {name})"
        self.steps += (
            f"if {number_name} is not None:",
            f"    if {wins}: g[{best}] = {number_name}; g[{slot}] = {name}",
            f"elif {name} is not None and ({also}): g[{best}] = None; g[{slot}] = {name}",
        )
        return Code(f"g[{slot}]", code.kind if code.kind in ("number", "time") else "any")

    def pct(self, call: FunctionCall) -> Code:
        """`pct(field, percent)`."""
        percent = call.arguments[1]
        share = number(percent.value) if isinstance(percent, Constant) else None
        if share is None or not 0 <= share <= 100:
            raise MalformedQuery(f"Invalid arguments for function {call.name}", percent.start, percent.end)
        slot = self.slot("[]")
        name, kind = self.numeric(call)
        self.steps.append(f"if {name} is not None: g[{slot}].append({name})")
        return Code(f"percentile(g[{slot}], {share!r})", kind, 1)

    def median(self, call: FunctionCall) -> Code:
        """`median(field)`."""
        slot = self.slot("[]")
        name, kind = self.numeric(call)
        self.steps.append(f"if {name} is not None: g[{slot}].append({name})")
        return Code(f"median(g[{slot}])", kind if kind == "time" else "number", 1)

    def stddev(self, call: FunctionCall) -> Code:
        """`stddev(field)`, in one pass (Welford)."""
        count, mean, squares = self.slot("0"), self.slot("0.0"), self.slot("0.0")
        name, _ = self.numeric(call)
        off = self.loop.writer.name("d")
        self.steps.append(
            f"if {name} is not None: g[{count}] += 1; {off} = {name} - g[{mean}]; "
            f"g[{mean}] += {off} / g[{count}]; g[{squares}] += {off} * ({name} - g[{mean}])"
        )
        return Code(f"deviation(g[{count}], g[{squares}])", "number", 1)

    def by_time(self, call: FunctionCall) -> Code:
        """`earliest(field)`, `latest(field)`."""
        when, slot = self.slot("None"), self.slot("None")
        code, time = self.argument(call), self.loop.source.time(call).text
        wins = f"{time} < g[{when}]" if call.name == "earliest" else f"{time} >= g[{when}]"
        self.steps.append(
            f"if {code.text} is not None and (g[{when}] is None or {wins}): g[{when}] = {time}; g[{slot}] = {code.text}"
        )
        return Code(f"g[{slot}]", code.kind if code.kind in ("number", "time") else "any")


_COUNTING = ("count", "count_over_time")
_AGGREGATIONS: dict[str, Callable[[Groups, FunctionCall], Code]] = {
    "count": Groups.count,
    "count_over_time": Groups.count,
    "count_distinct": Groups.count_distinct,
    "sum": Groups.sum,
    "sum_over_time": Groups.sum,
    "avg": Groups.avg,
    "min": Groups.extreme,
    "max": Groups.extreme,
    "sortsfirst": Groups.extreme,
    "sortslast": Groups.extreme,
    "pct": Groups.pct,
    "median": Groups.median,
    "stddev": Groups.stddev,
    "earliest": Groups.by_time,
    "latest": Groups.by_time,
}
_ARGUMENTS = {name: (2, 2) if name == "pct" else (0, 1) if name in _COUNTING else (1, 1) for name in _AGGREGATIONS}


class GroupSource:
    """Where the expressions of `stats` find their parts as a group is finished: aggregations, keys, each other."""

    def __init__(self, groups: Groups, columns: Mapping[str, Code]) -> None:
        self._groups = groups
        self.columns = dict(columns)

    def field(self, name: str, node: Node) -> Code:
        """A key, or an aggregation named before."""
        if name in self.columns:
            return self.columns[name]
        raise unknown_symbol(name, node)

    def column(self, written: str) -> Code | None:
        """A key by its text."""
        wanted = squeezed(written)
        return next((code for name, code in self.columns.items() if squeezed(name) == wanted), None)

    def aggregate(self, call: FunctionCall, names: Names) -> Code | None:
        """An aggregation."""
        return self._groups.aggregate(call) if call.name in _AGGREGATIONS else None

    def time(self, node: Node) -> Code:
        """None: a group has no timestamp of its own."""
        raise unknown_symbol("@timestamp", node)
