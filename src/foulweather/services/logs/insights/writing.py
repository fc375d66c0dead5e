"""Python text in the making: a query becomes a few loops, compiled once and run over every record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, cast

import msgspec

from foulweather.services.logs.insights import values
from foulweather.services.logs.insights.fields import (
    FIELDS_MAX,
    FLOW_LOG,
    REPORTED,
    flow_log,
    found_in,
    nested,
    report,
    report_init,
)
from foulweather.services.logs.insights.records import pointer_text

# What is known of a value before the query runs. "number" is computed (shown with four decimals at most), "time" a
# timestamp in milliseconds, "structure" whatever a map or a list may hold, "any" a text or a number of the log.
Kind = Literal["any", "text", "number", "time", "flag", "structure"]

_PARENTHESES_MAX = 12
# What a JSON key can hold only as an escape; a struct's members cannot be called so.
_AWKWARD = re.compile(r"[\x00-\x1f\"\\\ud800-\udfff]")
_UNDECODABLE = (msgspec.DecodeError, UnicodeEncodeError, RecursionError)
_SHARED: dict[str, Any] = {
    "huge": values.INTEGER_MAX,
    "number": values.number,
    "text": values.text,
    "scalar": values.scalar,
    "canonical": values.canonical,
    "equal": values.equal,
    "below": values.below,
    "at_most": values.at_most,
    "natural": values.natural,
    "above": values.above,
    "truth": values.truth,
    "contains": values.contains,
    "at": values.at,
    "plus": values.plus,
    "minus": values.minus,
    "times": values.times,
    "over": values.over,
    "remainder": values.remainder,
    "power": values.power,
    "negative": values.negative,
    "found_in": found_in,
    "nested": nested,
    "flow_log": flow_log,
    "report": report,
    "pointer_text": pointer_text,
    "report_init": report_init,
    "Undecodable": _UNDECODABLE,
}


class Code(NamedTuple):
    """An expression in Python, and how many parentheses deep it is."""

    text: str
    kind: Kind
    depth: int = 0

    @property
    def atomic(self) -> bool:
        """Whether it is a mere name."""
        return self.text.isidentifier()


class Writer:
    """The lines of one function, and the values that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.indent = 1
        self.held: dict[str, Any] = dict(_SHARED)
        self._names = 0

    def put(self, line: str) -> None:
        """Adds a line at the present depth."""
        self.lines.append("    " * self.indent + line)

    def name(self, prefix: str) -> str:
        """A name that nothing else has."""
        self._names += 1
        return f"{prefix}{self._names}"

    def hold(self, value: Any, prefix: str = "held") -> str:
        """A name for a value of this process: a compiled pattern, a function, a set."""
        name = self.name(prefix)
        self.held[name] = value
        return name

    def assign(self, code: Code, prefix: str = "v") -> Code:
        """The code as a name, computed here and once."""
        if code.atomic:
            return code
        name = self.name(prefix)
        self.put(f"{name} = {code.text}")
        return Code(name, code.kind)

    def call(self, function: str, kind: Kind, *arguments: Code) -> Code:
        """`function(arguments)`, cut up where it would nest too deep for Python's own parser."""
        depth = 1 + max((argument.depth for argument in arguments), default=0)
        if depth > _PARENTHESES_MAX:
            arguments = tuple(self.assign(argument) for argument in arguments)
            depth = 1
        return Code(f"{function}({', '.join(argument.text for argument in arguments)})", kind, depth)

    def function(self, name: str, parameters: str) -> Callable[..., Any]:
        """The function that the lines make up."""
        source = f"def {name}({parameters}):\n" + "\n".join(self.lines) + "\n"
        namespace = self.held
        exec(compile(source, f"<insights {name}>", "exec"), namespace)
        return cast("Callable[..., Any]", namespace[name])


class FieldsUsed:
    """The discovered fields that a loop uses, read in one place: where the first of them is needed."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._locals: dict[str, str] = {}
        self._place: tuple[int, int] | None = None

    def local(self, name: str) -> str:
        """The variable that holds a field."""
        if self._place is None:
            self._place = (len(self._writer.lines), self._writer.indent)
            self._writer.put("pass")
        if name not in self._locals:
            self._locals[name] = self._writer.name("f")
        return self._locals[name]

    def write(self) -> None:
        """Puts the reading of all the fields where it belongs.

        A message in JSON is decoded into a struct of just the members in use, so that the rest is skipped and never
        built. What is no JSON object, or may have more fields than Insights finds, goes through `found_in`.
        """
        if self._place is None:
            return
        index, indent = self._place
        lines: list[str] = []
        if any(_AWKWARD.search(name) for name in self._locals):
            lines = ["found = found_in(d, r.log_group)", *self._gets("")]
            self._writer.lines[index : index + 1] = ["    " * indent + line for line in lines]
            return
        of_json = [name for name in self._locals if not name.startswith("@") or name.startswith("@@")]
        absent = [name for name in self._locals if name not in of_json]
        lines.append('if d[:1] == "{" and (len(d) < 400 or d.count(",") < %d):' % FIELDS_MAX)  # noqa: UP031
        lines += [f"    {self._locals[name]} = None" for name in absent]
        if of_json:
            lines += ["    try:", *(f"        {line}" for line in self._decoding(of_json))]
            lines += ["    except Undecodable:", "        found = found_in(d, r.log_group)", *self._gets("        ")]
        lines += self._reading("report", REPORTED)
        lines += self._reading("flow_log", {name: f"w[{place}]" for place, name in enumerate(FLOW_LOG)})
        lines += ["else:", "    found = found_in(d, r.log_group)"]
        lines += self._gets("    ")
        self._writer.lines[index : index + 1] = ["    " * indent + line for line in lines]

    def _reading(self, function: str, places: dict[str, str]) -> list[str]:
        """The reading of a line of a known form, if it can be that the query is about such lines."""
        if not any(name in places for name in self._locals) or any(name.startswith("@xray") for name in self._locals):
            return []
        lines = [f"elif w := {function}(d):"]
        return lines + [f"    {local} = {places.get(name, 'None')}" for name, local in self._locals.items()]

    def _gets(self, margin: str) -> list[str]:
        return [f"{margin}{local} = found.get({name!r})" for name, local in self._locals.items()]

    def _decoding(self, names: list[str]) -> list[str]:
        keys: dict[str, str] = {}
        lines: list[str] = []
        for name in names:
            local = self._locals[name]
            parts = name.removeprefix("@").split(".")
            # The field a.b may be the member a.b of the document, or the member b of its member a.
            for length in range(1, len(parts) + 1):
                attribute = keys.setdefault(".".join(parts[:length]), f"k{len(keys)}")
                rest = tuple(parts[length:])
                if not rest:
                    lines.append(f"{'if ' + local + ' is None: ' if length > 1 else ''}{local} = document.{attribute}")
                elif length == 1:
                    lines.append(f"{local} = nested(document.{attribute}, {rest!r})")
                else:
                    lines.append(f"if {local} is None: {local} = nested(document.{attribute}, {rest!r})")
            lines.append(f"if {local}.__class__ is dict or {local}.__class__ is list: {local} = None")
        shape = msgspec.defstruct(
            "Document",
            [(attribute, Any, None) for attribute in keys.values()],
            rename={attribute: key for key, attribute in keys.items()},
            gc=False,
        )
        decode = self._writer.hold(msgspec.json.Decoder(shape).decode, "decode")
        return [f"document = {decode}(d)", *lines]
