"""The loops of a query, each over the rows that the one before it left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from foulweather.services.logs.insights.aggregates import Groups, GroupSource, deviation, median, percentile
from foulweather.services.logs.insights.expressions import ExpressionCompiler
from foulweather.services.logs.insights.periods import timestamp_text
from foulweather.services.logs.insights.running import Step
from foulweather.services.logs.insights.scopes import Carried, Names, RecordSource, RowSource
from foulweather.services.logs.insights.syntax import Item, Node, QueryText, Stats
from foulweather.services.logs.insights.values import computed, shown
from foulweather.services.logs.insights.writing import Code, Kind, Writer

Columns = dict[str, Kind]
_SHOWS = {"time": timestamp_text, "number": computed}


class Shape:
    """What a row holds: the record and what loops carry along with it, or the columns that `stats` left."""

    def __init__(self, columns: Columns | None = None) -> None:
        self.columns = columns
        self.carried: list[str] = []

    @property
    def record(self) -> bool:
        """Whether the log event is still there."""
        return self.columns is None


class Loop:
    """One loop: its head, written at once, and its body, which commands add to."""

    def __init__(self, shape: Shape, first: bool, text: str, subqueries: list[QueryText]) -> None:
        self.shape = shape
        self.first = first
        self.writer = Writer()
        self.source: RecordSource | RowSource = self._head()
        self.compiler = ExpressionCompiler(self.writer, self.source, text, subqueries)
        self._length = len(self.writer.lines)
        self._counted = False
        self._before: list[str] = []  # what stands before the loop's head
        self.recounts = False  # whether the rows that this loop keeps are what the query matched

    def _head(self) -> RecordSource | RowSource:
        put = self.writer.put
        put("out = []; put = out.append")
        if self.first:
            put("start_ms = run.start_ms; end_ms = run.end_ms; scanned = size = matched = 0")
            put("for r in rows:")
            self.writer.indent += 1
            put("t = r.timestamp_ms")
            put("if t < start_ms or t > end_ms: continue")
            put("m = r.message; d = r.transformed or m")
            put("scanned += 1")
            put("size += len(m) if m.isascii() else len(m.encode('utf-8', 'surrogatepass'))")
            return RecordSource(self.writer)
        put("for row in rows:")
        self.writer.indent += 1
        if self.shape.columns is None:
            put(f"{self._tuple(['r', *self.shape.carried])} = row")
            put("t = r.timestamp_ms; m = r.message; d = r.transformed or m")
            return RecordSource(self.writer)
        names = [f"x{index}" for index in range(len(self.shape.columns))]
        put(f"{self._tuple(names)} = row")
        return RowSource(
            {column: Code(n, kind) for n, (column, kind) in zip(names, self.shape.columns.items(), strict=True)}
        )

    @property
    def untouched(self) -> bool:
        """Whether no command has added anything."""
        return len(self.writer.lines) == self._length

    def _tuple(self, names: Iterable[str]) -> str:
        return f"({', '.join(names)},)"

    def carry(self, over: str, local: str) -> Carried:
        """Opens an inner loop, whose variable goes with the row from here on."""
        self.count()
        self.writer.put(f"for {local} in {over}:")
        self.writer.indent += 1
        self.shape.carried.append(local)
        return Carried(local, "structure")

    def keep(self, value: str, local: str) -> Carried:
        """Keeps a value with the row from here on."""
        self.writer.put(f"{local} = {value}")
        self.shape.carried.append(local)
        return Carried(local, "structure")

    def count(self) -> None:
        """Counts the event as matched, once."""
        if self.first and not self._counted:
            self._counted = True
            self.writer.put("matched += 1")

    @property
    def row(self) -> str:
        """The row to hand on."""
        if self.shape.columns is None:
            return self._tuple(["r", *self.shape.carried])
        return self._tuple(f"x{index}" for index in range(len(self.shape.columns)))

    def collect(self, stop_at: int | None = None) -> Step:
        """Ends the loop: it hands on its rows, if asked to only so many."""
        self.count()
        self.writer.put(f"put({self.row})")
        if stop_at is not None:
            self.writer.put(f"if len(out) >= {stop_at}:")
            self.writer.indent += 1
            self._leave()
        return self._ended()

    def keyed(self, keys: Sequence[str]) -> Step:
        """Ends the loop: it hands on its rows with their sort keys in front."""
        self.count()
        self.writer.put(f"put(({self._tuple(keys)}, {self.row}))")
        return self._ended()

    def sort_key(self, node: Node, names: Names) -> str:
        """The sort key that an expression gives."""
        code = self.compiler.compiled(node, names)
        return "t" if code.text == "t" else self.writer.assign(Code(f"natural({code.text})", "any", 1)).text

    def distinct(self, nodes: Sequence[Node], names: Names) -> Step:
        """Ends the loop: it hands on the first row of each combination of values, and all that lack one."""
        parts = [self.writer.assign(self.compiler.compiled(node, names)).text for node in nodes]
        self.count()
        keys = [self.writer.assign(Code(f"canonical({part})", "any", 1)).text for part in parts]
        self._before.append("    seen = set()")
        self.writer.put(f"if {' and '.join(f'{key} is not None' for key in keys)}:")
        self.writer.put(f"    key = {self._tuple(keys)}")
        self.writer.put("    if key in seen: continue")
        self.writer.put("    seen.add(key)")
        self.writer.put(f"put({self.row})")
        return self._ended()

    def texts(self, node: Node, names: Names) -> Step:
        """Ends the loop: it hands on the texts that `pattern` clusters."""
        code = self.compiler.compiled(node, names)
        self.count()
        name = self.writer.assign(Code(f"text({code.text})", "text", 1)).text
        self.writer.put(f"if {name} is not None: put({name})")
        return self._ended()

    def grouped(self, stats: Stats, names: Names) -> tuple[Step, Step, Columns]:
        """Ends the loop: it hands on groups; with what makes rows of them, and those rows' columns."""
        self.count()
        keys: list[Code] = []
        for item in stats.by:
            code = self.compiler.compiled(item.expression, names)
            code = self.writer.call("scalar", "any", code) if code.kind == "structure" else code
            keys.append(self.writer.assign(code, "b"))
        groups = Groups(self.compiler, names)
        finish = Writer()
        finish.held.update(percentile=percentile, median=median, deviation=deviation)
        key_names = [f"x{index}" for index in range(len(keys))]
        columns: Columns = {item.name: key.kind for item, key in zip(stats.by, keys, strict=True)}
        source = GroupSource(groups, {n: Code(x, columns[n]) for x, n in zip(key_names, columns, strict=False)})
        finish.put("out = []")
        finish.put("for key, g in rows.items():")
        finish.indent += 1
        if keys:
            finish.put(f"{self._tuple(key_names)} = {'key' if len(keys) > 1 else '(key,)'}")
        self._aggregates(stats.items, source, finish, columns)
        put = self.writer.put
        key = "None" if not keys else keys[0].text if len(keys) == 1 else f"({', '.join(k.text for k in keys)})"
        put(f"key = {key}")
        put("g = group(key)")
        put(f"if g is None: g = groups[key] = [{', '.join(groups.slots)}]")
        for step in groups.steps:
            put(step)
        self._before.append("    groups = {}; group = groups.get")
        return self._ended("groups"), finish.function("finish", "rows, run"), columns

    def _aggregates(self, items: Sequence[Item], source: GroupSource, finish: Writer, columns: Columns) -> None:
        compiler = ExpressionCompiler(finish, source, self.compiler.text, self.compiler.subqueries)
        for item in items:
            code = compiler.compiled(item.expression, {})
            local = finish.name("a")
            finish.put(f"{local} = {code.text}")
            source.columns[item.name] = Code(local, code.kind)
            columns[item.name] = code.kind
        finish.put(f"out.append({self._tuple(source.columns[name].text for name in columns)})")
        finish.lines.append("    return out")

    def projected(self, columns: Sequence[tuple[str, Node, Names]]) -> Step:
        """Ends the loop: it hands on what the results show."""
        self.count()
        self.writer.put("values = []")
        for name, node, names in columns:
            code = self.writer.assign(self.compiler.compiled(node, names))
            show = self.writer.hold(_SHOWS.get(code.kind, shown), "show")
            self.writer.put(f"if {code.text} is not None: values.append(({name!r}, {show}({code.text})))")
        if self.shape.record:
            self.writer.put("values.append(('@ptr', pointer_text(r.ptr)))")
        self.writer.put("put(values)")
        return self._ended()

    def _leave(self, result: str = "out") -> None:
        if self.first:
            self.writer.put("run.count(scanned, size, matched)")
        self.writer.put(f"return {result}")

    def _ended(self, result: str = "out") -> Step:
        self.source.close()
        self.writer.lines[:0] = self._before
        self.writer.indent = 1
        if self.recounts and result == "out":
            self.writer.put("run.matched = len(out)")
        self._leave(result)
        return self.writer.function("loop", "rows, run")
