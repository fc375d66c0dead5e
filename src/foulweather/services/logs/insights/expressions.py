"""From an expression of a query to an expression in Python."""

from __future__ import annotations

from foulweather.services.logs.insights import conditions
from foulweather.services.logs.insights.dates import whole_ms
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt, unexpected
from foulweather.services.logs.insights.fields import SYSTEM_FIELDS
from foulweather.services.logs.insights.functions import FUNCTIONS, WRITTEN
from foulweather.services.logs.insights.functions import NOT_BUILT as AGGREGATIONS_NOT_BUILT
from foulweather.services.logs.insights.periods import PeriodError, bin_width_ms, ceiling_of, floor_of
from foulweather.services.logs.insights.scopes import Made, Names, Source
from foulweather.services.logs.insights.syntax import (
    Among,
    Arithmetic,
    Comparison,
    Constant,
    Either,
    Every,
    FunctionCall,
    Like,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Period,
    QueryText,
)
from foulweather.services.logs.insights.values import INTEGER_MAX
from foulweather.services.logs.insights.writing import Code, Kind, Writer

_OPERATIONS = {"+": "plus", "-": "minus", "*": "times", "/": "over", "%": "remainder", "^": "power"}


class ExpressionCompiler:
    """Compiles the expressions of one loop."""

    def __init__(self, writer: Writer, source: Source, text: str, subqueries: list[QueryText]) -> None:
        self.writer = writer
        self.source = source
        self.text = text
        self.subqueries = subqueries  # shared by the whole query: each becomes a set before the loops run
        self._made: dict[int, tuple[Made, Code]] = {}

    def value(self, made: Made) -> Code:
        """The code of a field that the query made, computed at its first use."""
        known = self._made.get(id(made))
        if known is None:
            code = self.writer.assign(made.code(self))
            self._made[id(made)] = (made, code)
            return code
        return known[1]

    def compiled(self, node: Node, names: Names) -> Code:
        """The code of an expression."""
        if not isinstance(node, Constant | Name):
            column = self.source.column(self.text[node.start : node.end])
            if column is not None:
                return column
        match node:
            case Constant():
                return Code(repr(node.value), _kind_of(node))
            case Name():
                return self._name(node, names)
            case Member():
                return self._member(node, names)
            case Arithmetic():
                left, right = self.compiled(node.left, names), self.compiled(node.right, names)
                if node.op == "/" and _divides(node.right):
                    name = conditions.as_numeric(self.writer, left)
                    return Code(f"({name} / {right.text} if {name} is not None else None)", "number", 1)
                return self.writer.call(_OPERATIONS[node.op], "number", left, right)
            case Negative():
                return self.writer.call("negative", "number", self.compiled(node.operand, names))
            case FunctionCall():
                return self._call(node, names)
            case Not() | Every() | Either() | Comparison() | Like() | Among():
                return conditions.compiled(self, node, names)
            case _:
                raise unexpected(self.text, self.text[node.start : node.end], node.start, node.end)

    def condition(self, node: Node, names: Names) -> str:
        """The code of an expression as a condition."""
        code = self.compiled(node, names)
        return code.text if code.kind == "flag" else f"truth({code.text})"

    def subquery(self, query: QueryText) -> str:
        """The name of the set of values that a subquery gives."""
        self.subqueries.append(query)
        return f"run.sets[{len(self.subqueries) - 1}]"

    def _name(self, node: Name, names: Names) -> Code:
        path = node.path
        if path in names:
            return self.value(names[path])
        column = self.source.column(path)
        if column is not None:
            return column
        if not node.quoted:
            parts = path.split(".")
            for length in range(len(parts) - 1, 0, -1):
                made = names.get(".".join(parts[:length]))
                if made is not None:
                    return made.member(self, tuple(parts[length:]))
        # The examples of `parse` take the group (?<user2>...) up as @user2.
        if path.startswith("@") and path[1:] in names and path not in SYSTEM_FIELDS:
            return self.value(names[path[1:]])
        return self.source.field(path, node)

    def _member(self, node: Member, names: Names) -> Code:
        keys: list[str | int] = []
        root: Node = node
        while isinstance(root, Member):
            keys.append(root.key)
            root = root.of
        keys.reverse()
        if not isinstance(root, Name):
            base = self.compiled(root, names)
            return Code(f"at({base.text}, {tuple(keys)!r})", "structure", base.depth + 1)
        parts = [root.path] if root.quoted else root.path.split(".")
        whole = [*parts, *keys]
        for length in range(len(whole) - 1, 0, -1):
            made = names.get(".".join(map(str, whole[:length])))
            if made is not None:
                return made.member(self, tuple(whole[length:]))
        return self.source.field(".".join(map(str, whole)), node)

    def _call(self, node: FunctionCall, names: Names) -> Code:
        aggregate = self.source.aggregate(node, names)
        if aggregate is not None:
            return aggregate
        function = FUNCTIONS.get(node.name)
        if function is None and node.name not in WRITTEN:
            if node.name in AGGREGATIONS_NOT_BUILT:
                raise NotBuilt(f"{node.name}()")
            raise MalformedQuery(f"Invalid function name: {node.name}", node.start, node.end)
        least, most = (function.least, function.most) if function else WRITTEN[node.name]
        if not least <= len(node.arguments) <= most:
            raise MalformedQuery(f"Invalid arguments for function {node.name}", node.start, node.end)
        if function is None:
            return self._written(node, names)
        arguments = [self.compiled(argument, names) for argument in node.arguments]
        return self.writer.call(self.writer.hold(function.call, node.name), function.kind, *arguments)

    def _written(self, node: FunctionCall, names: Names) -> Code:
        match node.name:
            case "bin":
                return self._floored(self.source.time(node), node.arguments[0])
            case "datefloor":
                return self._floored(self.compiled(node.arguments[0], names), node.arguments[1])
            case "dateceil":
                return self._floored(self.compiled(node.arguments[0], names), node.arguments[1], ceiling=True)
            case "now":
                return Code("run.now_ms // 1000", "number", 1)
            case "querystarttime":
                return Code("run.start_ms", "number", 1)
            case "queryendtime":
                return Code("run.end_ms", "number", 1)
            case "querytimerange":
                return Code("(run.end_ms - run.start_ms)", "number", 1)
            case "ispresent":
                return self._is_present(node.arguments[0], names)
            case "unmask":
                return self._unmasked(node, names)
            case "coalesce":
                return self._coalesced([self.compiled(argument, names) for argument in node.arguments])
            case _:
                return self._chosen(node, names)

    def _unmasked(self, node: FunctionCall, names: Names) -> Code:
        masked = self.compiled(node.arguments[0], names)
        if masked.text != "m":
            raise NotBuilt("unmask() of anything but @message")
        return Code("(r.unmasked if r.unmasked is not None else m)", "text", 1)

    def _is_present(self, node: Node, names: Names) -> Code:
        code = self.writer.assign(self.compiled(node, names))
        return Code(f"({code.text} is not None)", "flag", 1)

    def _floored(self, timestamp: Code, period: Node, ceiling: bool = False) -> Code:
        if not isinstance(period, Period):
            raise MalformedQuery("Invalid period", period.start, period.end)
        try:
            if not ceiling and timestamp.text == "t" and period.unit[:1] != "w":
                width_ms = bin_width_ms(period.amount, period.unit)
                if width_ms is not None:
                    return Code(f"(t // {width_ms} * {width_ms})", "time", 1)
            function = ceiling_of(period.amount, period.unit) if ceiling else floor_of(period.amount, period.unit)
        except PeriodError:
            raise MalformedQuery("Invalid period", period.start, period.end) from None
        held = self.writer.hold(function, "floor")
        whole = self.writer.assign(self.writer.call(self.writer.hold(whole_ms, "whole"), "time", timestamp))
        return Code(f"({held}({whole.text}) if {whole.text} is not None else None)", "time", 2)

    def _coalesced(self, codes: list[Code]) -> Code:
        kinds: set[Kind] = {code.kind for code in codes}
        last = codes[-1].text
        names = [self.writer.assign(code).text for code in codes[:-1]]
        text = "".join(f"{name} if {name} is not None else " for name in names)
        return self.writer.assign(Code(f"{text}{last}", _common(kinds), 1))

    def _chosen(self, node: FunctionCall, names: Names) -> Code:
        arguments = list(node.arguments)
        default = arguments.pop() if len(arguments) % 2 else None
        text, kinds = "", set[Kind]()
        for condition, value in _pairs(arguments):
            test = self.writer.assign(Code(self.condition(condition, names), "flag", 1))
            code = self.writer.assign(self.compiled(value, names))
            kinds.add(code.kind)
            text += f"{code.text} if {test.text} else "
        if default is None:
            return self.writer.assign(Code(f"{text}None", _common(kinds), 1))
        last = self.writer.assign(self.compiled(default, names))
        return self.writer.assign(Code(f"{text}{last.text}", _common({*kinds, last.kind}), 1))


def _pairs(nodes: list[Node]) -> list[tuple[Node, Node]]:
    return list(zip(nodes[::2], nodes[1::2], strict=True))


def _common(kinds: set[Kind]) -> Kind:
    """What is known of a value that may be one of several."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return "structure" if "structure" in kinds else "any"


def _kind_of(node: Constant) -> Kind:
    if isinstance(node.value, bool):
        return "flag"
    return "text" if isinstance(node.value, str) else "any"


def _divides(node: Node) -> bool:
    """Whether it is an integer that anything can be divided by, with nothing to look out for."""
    return isinstance(node, Constant) and node.value.__class__ is int and 0 < int(node.value) < INTEGER_MAX
