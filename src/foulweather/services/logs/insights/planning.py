"""From the commands of a query to the loops and steps that run it."""

from __future__ import annotations

from foulweather.kernel import linear_patterns
from foulweather.services.logs.insights import closing, made, regexes
from foulweather.services.logs.insights.conditions import required_word
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.loops import Loop, Shape
from foulweather.services.logs.insights.running import Sorting, Step, first, latest_first, with_patterns
from foulweather.services.logs.insights.scopes import Deferred, Made, Names, RecordSource, unknown_symbol
from foulweather.services.logs.insights.structures import items
from foulweather.services.logs.insights.syntax import (
    Accum,
    AddTotals,
    Alias,
    Autoregress,
    Closing,
    Command,
    CountFrequent,
    Dedup,
    Display,
    Every,
    Fields,
    FillDown,
    Filter,
    FunctionCall,
    Item,
    Join,
    JsonField,
    Limit,
    Lookup,
    Name,
    Node,
    Parse,
    Pattern,
    QueryText,
    Sort,
    SortKey,
    Star,
    Stats,
    Unnest,
)

_STATS_MAX = 2  # CWL_QuerySyntax-Stats: "A query can have a maximum of two stats commands."


class Planner:
    """Takes the commands one by one; what it has when they end is the plan."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps: list[Step] = []
        self.subqueries: list[QueryText] = []
        self.lookups: list[Lookup] = []
        self.joins: list[Join] = []
        self.indexed_fields: list[str] = []
        self._loop: Loop | None = None
        self._shape = Shape()
        self._names: dict[str, Made] = {}
        self._shown: list[tuple[str, Node, Names]] = []
        self._displayed: list[tuple[str, Node, Names]] | None = None
        self._projected: set[str] = set()  # fields that `fields` names as they are
        self._hidden: set[str] = set()  # of these, the ones that an alias hides
        self._ordered = False
        self._sorting: Sorting | None = None  # the sort that nothing has followed yet
        self._stats = 0
        self._first_order: Sort | Limit | None = None
        self._limited = False
        self._closing: list[Closing] = []
        self._deduplicated = False
        self._locals = 0

    def take(self, command: Command) -> None:
        """Adds a command to the plan."""
        if self._deduplicated and not isinstance(command, Limit):
            # CWL_QuerySyntax-Dedup: "The only query command that you can use in a query after the dedup command is
            # limit."
            raise MalformedQuery("Only the limit command can be used after the dedup command", 0, len(self.text))
        if self._closing and not isinstance(command, Closing | Limit):
            raise NotBuilt("commands after addtotals, accum, autoregress and filldown")
        match command:
            case Fields():
                self._fields(command)
            case Display():
                self._displayed = [self._column(item) for item in command.items]
            case Filter():
                self._filter(command)
            case Parse():
                self._parse(command)
            case JsonField():
                self._define(command.alias, made.JsonPart(command.subject, dict(self._names), command.path))
            case Unnest():
                self._unnest(command)
            case Lookup():
                self._lookup(command)
            case Join():
                self._join(command)
            case Sort() | Limit():
                self._order(command)
            case Stats():
                self._group(command)
            case Dedup():
                self._dedup(command)
            case Pattern():
                self._pattern(command)
            case CountFrequent():
                self._count_frequent(command)
            case AddTotals() | Accum() | Autoregress() | FillDown():
                self._closing.append(command)

    def _open(self) -> Loop:
        if self._loop is None:
            self._loop = Loop(self._shape, not self.steps, self.text, self.subqueries)
        return self._loop

    def _touch(self) -> Loop:
        """The loop, about to get a body: what was sorted is not the last word any more."""
        self._sorting = None
        return self._open()

    def _end(self, step: Step) -> None:
        self.steps.append(step)
        self._loop = None

    def _new_local(self) -> str:
        self._locals += 1
        return f"c{self._locals}"

    def _define(self, alias: Alias, field: Made, shown: bool = True) -> None:
        """Gives a made field its name; AWS does not let a name be given twice."""
        if alias.name in self._names:
            raise MalformedQuery(f"Ephemeral field is already defined: {alias.name}", alias.start, alias.end)
        if alias.name in self._projected:
            self._hidden.add(alias.name)
        self._names[alias.name] = field
        if shown:
            node = Name(alias.start, alias.end, alias.name, quoted=True)
            self._shown.append((alias.name, node, self._names))

    def _column(self, item: Item) -> tuple[str, Node, Names]:
        self._check(item.expression, self._names)
        column = (item.name, item.expression, dict(self._names))
        if item.alias:
            node = item.expression
            self._define(Alias(item.name, node.start, node.end), Deferred(node, dict(self._names)), shown=False)
        return column

    def _check(self, node: Node, names: Names) -> None:
        """Compiles an expression for nothing: it may be shown only, and has to be refused now."""
        probe = Loop(self._probe_shape(), False, self.text, [])
        probe.compiler.compiled(node, names)

    def _probe_shape(self) -> Shape:
        probe = Shape(self._shape.columns)
        probe.carried = list(self._shape.carried)
        return probe

    def _fields(self, command: Fields) -> None:
        for item in command.items:
            self._shown.append(self._column(item))
            if not item.alias and isinstance(item.expression, Name) and item.name not in self._names:
                self._projected.add(item.name)

    def _filter(self, command: Filter) -> None:
        if command.indexed:
            self.indexed_fields.extend(_names_in(command.condition))
        loop = self._touch()
        loop.recounts = self._shape.record and not loop.first and not self._limited
        condition = command.condition
        parts = condition.conditions if isinstance(condition, Every) else (condition,)
        for part in parts:
            word = required_word(part, self._names) if isinstance(loop.source, RecordSource) else None
            if word is not None:
                loop.writer.put(f'if {word!r} not in d and "\\\\" not in d: continue')
            loop.writer.put(f"if not {loop.compiler.condition(part, self._names)}: continue")

    def _parse(self, command: Parse) -> None:
        names = dict(self._names)
        self._check(command.subject, names)
        match command.mode:
            case "glob" | "regex":
                self._parse_pattern(command, names)
            case "logfmt":
                self._define(command.aliases[0], made.Pairs(command.subject, names))
            case "csv":
                row = made.Row(command.subject, names, len(command.aliases))
                for index, alias in enumerate(command.aliases):
                    self._define(alias, made.Element(row, index))

    def _parse_pattern(self, command: Parse, names: Names) -> None:
        if command.mode == "glob":
            glob = made.Matched(linear_patterns.glob(command.pattern).search, command.subject, names)
            for index, alias in enumerate(command.aliases, 1):
                self._define(alias, made.Captured(glob, index))
            return
        pattern = regexes.compiled(command.pattern, command.start, command.end)
        aliases = dict(enumerate(command.aliases, 1))
        if len(aliases) > pattern.groups:
            raise MalformedQuery(
                "The number of aliases must match the number of capturing groups", command.start, command.end
            )
        for index, name in regexes.group_names(pattern).items():
            aliases.setdefault(index, Alias(name, command.start, command.end))
        if not aliases:
            raise MalformedQuery(
                "A regular expression in parse must have a named capturing group", command.start, command.end
            )
        if not command.multi:
            match: made.Matched | made.Carried = made.Matched(pattern.search, command.subject, names)
        else:
            loop = self._touch()
            subject = made.text_of(loop.compiler, command.subject, names)
            every = loop.writer.hold(pattern.finditer, "finditer")
            match = loop.carry(f"(list({every}({subject} or '')) or (None,))", self._new_local())
        for index, alias in sorted(aliases.items()):
            self._define(alias, made.Captured(match, index))

    def _unnest(self, command: Unnest) -> None:
        loop = self._touch()
        self._need_record("unnest")
        code = loop.compiler.compiled(command.subject, self._names)
        over = loop.writer.call(loop.writer.hold(items, "items"), "structure", code)
        self._define(command.alias, loop.carry(over.text, self._new_local()))

    def _lookup(self, command: Lookup) -> None:
        loop = self._touch()
        self._need_record("lookup")
        keys = [
            loop.writer.call("text", "text", loop.compiler.compiled(node, self._names)) for _, node in command.matches
        ]
        self.lookups.append(command)
        table = f"run.tables[{len(self.lookups) - 1}]"
        row = loop.keep(f"{table}.get(({', '.join(key.text for key in keys)},))", self._new_local())
        for name in command.outputs:
            # "If a field with the same name already exists in the log event, it is overwritten."
            self._names[name] = made.Column(row, name)
            self._shown.append((name, Name(0, 0, name, quoted=True), dict(self._names)))

    def _join(self, command: Join) -> None:
        loop = self._touch()
        self._need_record("join")
        key = loop.writer.call("canonical", "any", loop.compiler.compiled(command.left_key, self._names))
        self.joins.append(command)
        nothing = "()" if command.kind == "inner" else "(None,)"
        row = loop.carry(f"run.joins[{len(self.joins) - 1}].get({key.text}, {nothing})", self._new_local())
        self._names[command.left] = made.LeftSide(dict(self._names))
        self._names[command.right] = made.RightSide(row)

    def _need_record(self, command: str) -> None:
        if not self._shape.record:
            raise NotBuilt(f"{command} after stats")

    def _order(self, command: Sort | Limit) -> None:
        self._first_order = self._first_order or command
        self._limited = self._limited or isinstance(command, Limit)
        if isinstance(command, Sort):
            loop = self._open()
            keys = [loop.sort_key(key.expression, self._names) for key in command.keys]
            self._sort(loop, keys, Sorting([key.descending for key in command.keys]))
        elif command.any and self._loop is None and not self.steps:
            self._end(self._open().collect(stop_at=command.count))
            self._ordered = True
        elif command.any and self._loop is not None and self._loop.first:
            self._end(self._loop.collect(stop_at=command.count))
            self._ordered = True
        else:
            self._settle()
            if self._sorting is not None:
                most = self._sorting.most
                self._sorting.most = command.count if most is None else min(most, command.count)
            self.steps.append(first(command.count))

    def _sort(self, loop: Loop, keys: list[str], sorting: Sorting) -> None:
        self._end(loop.keyed(keys))
        self.steps.append(sorting)
        self._sorting = sorting
        self._ordered = True

    def _settle(self) -> None:
        """Ends what is open, the events in their order: the latest first, where the query does not say."""
        if self._shape.record and not self._ordered:
            self._sort(self._open(), ["t"], Sorting([True]))
        elif self._loop is not None:
            if self._loop.untouched:
                self._loop = None
            else:
                self._end(self._loop.collect())

    def _group(self, command: Stats) -> None:
        self._stats += 1
        if self._stats > _STATS_MAX:
            raise MalformedQuery(
                f"A query can have a maximum of {_STATS_MAX} stats commands", command.start, command.end
            )
        if self._stats == _STATS_MAX and self._first_order is not None:
            # "If you use a sort or limit command, it must appear after the second stats command."
            order = self._first_order
            raise MalformedQuery(
                "sort and limit commands must appear after the second stats command", order.start, order.end
            )
        for item in (*command.items, *command.by):
            hidden = self._hidden.intersection(_names_in(item.expression))
            if hidden:
                raise unknown_symbol(min(hidden), item.expression)
        step, finish, columns = self._touch().grouped(command, self._names)
        self._end(step)
        self.steps.append(finish)
        times = [index for index, item in enumerate(command.by) if columns[item.name] == "time"]
        if times:
            self.steps.append(latest_first(times[0]))
        self._reshape(Shape(columns))

    def _count_frequent(self, command: CountFrequent) -> None:
        """Exact here, where AWS approximates; the most frequent first."""
        start, end = command.start, command.end
        count = Item(FunctionCall(start, end, "count", (Star(start, end),)), "_approxcount", True)
        self._group(Stats((count,), command.items, start, end))
        self._order(Sort((SortKey(Name(start, end, "_approxcount", quoted=True), True),), start, end))

    def _reshape(self, shape: Shape) -> None:
        """Goes on with rows that have columns, and nothing of the events any more."""
        self._shape = shape
        self._names, self._shown, self._displayed = {}, [], None
        self._projected, self._hidden = set(), set()
        self._ordered = True
        self._sorting = None

    def _dedup(self, command: Dedup) -> None:
        self._settle()
        self._sorting = None
        self._end(self._open().distinct(command.fields, self._names))
        self._deduplicated = True

    def _pattern(self, command: Pattern) -> None:
        self._need_record("pattern")
        self._end(self._touch().texts(command.subject, self._names))
        self.steps.append(with_patterns)
        self._reshape(Shape({"@pattern": "text", "@ratio": "text", "@sampleCount": "any", "@severityLabel": "text"}))

    def finish_whole(self) -> None:
        """Ends the plan of a join's right side: it leaves the events as they are."""
        self._settle()
        if self._loop is not None or not self.steps:
            self._end(self._open().collect())

    def finish(self) -> list[str]:
        """Ends the plan: it makes rows to show. The names of their fields."""
        columns = self._displayed if self._displayed is not None else self._shown
        if not columns:
            shown = ["@timestamp", "@message"] if self._shape.columns is None else list(self._shape.columns)
            columns = [(name, Name(0, 0, name, quoted=True), self._names) for name in shown]
        columns = list({column[0]: column for column in columns if column[0] != "@ptr"}.values())
        if self._shape.record:
            self._settle()
            if self._sorting is not None:
                self._sorting.limits = True
            self.steps.append(lambda rows, run: rows[: run.limit])
        self._end(self._open().projected(columns))
        names = [name for name, _, _ in columns]
        self.steps.extend(closing.step(command, names) for command in self._closing)
        self.steps.append(lambda rows, run: rows[: run.limit])
        return names + (["@ptr"] if self._shape.record else [])


def _names_in(node: Node) -> list[str]:
    """The fields that an expression names."""
    found: list[str] = []
    waiting: list[object] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Name):
            found.append(part.path)
        elif isinstance(part, Node):
            waiting.extend(getattr(part, field) for field in part.__struct_fields__)
        elif isinstance(part, tuple):
            waiting.extend(part)  # pyright: ignore[reportUnknownArgumentType]
    return found
