"""A request against the model's constraints (required, length, range, pattern, enum), and AWS's words for breaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.java_patterns import compiled, satisfies
from foulweather.kernel.why import Fact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.model import OperationModel, Shape


class Violation(NamedTuple):
    """One member that breaks one constraint; `path` and `constraint` are in AWS's words."""

    path: str
    constraint: str
    value: Any
    sensitive: bool = False

    @property
    def message(self) -> str:
        """The sentence about this member in AWS's refusal."""
        if self.sensitive:
            shown = "Value"  # the value of a sensitive member is not repeated
        else:
            shown = "Value null" if self.value is None else f"Value '{java_text(self.value)}'"
        return f"{shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


Path = tuple[Any, ...]
"""A member's place: the parts of its path, innermost first, each pair (part, the rest)."""
Check = "Callable[[Any, Path, list[Violation]], None]"

NOT_NULL = "Member must not be null"


def java_text(value: Any) -> str:
    """`value` as Java prints it, for that is what AWS's messages hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return "{" + ", ".join([f"{key}={java_text(each)}" for key, each in held.items()]) + "}"
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return "[" + ", ".join([java_text(each) for each in items]) + "]"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={(size := len(value))} cap={size}]"
    return str(value)


def _decapitalised(name: str) -> str:
    return name[0].lower() + name[1:]


def _text(path: Path) -> str:
    parts: list[str] = []
    while path:
        part, path = path
        parts.append(str(part))
    return ".".join(reversed(parts))


def _limits(shape: Shape, *, enums: bool, trivial: bool = False) -> list[tuple[str, Callable[[Any], bool]]]:
    """The constraints on a value by itself: AWS's words, and whether a value keeps to them.

    `trivial` ones, which every value keeps to, only matter where AWS lists them all.
    """
    found: list[tuple[str, Callable[[Any], bool]]] = []
    traits = shape.traits
    counts = shape.type in ("string", "list", "map", "blob")
    measured = "have length" if counts else "have value"
    if shape.type in ("string", "list", "map", "blob", "integer", "long", "float", "double"):
        most, least = traits.get("max"), traits.get("min")
        if most is not None:
            words = f"Member must {measured} less than or equal to {most}"
            found.append((words, _at_most(most, counts)))
        if least is not None and (trivial or not (counts and least <= 0)):
            words = f"Member must {measured} greater than or equal to {least}"
            found.append((words, _at_least(least, counts)))
    if shape.type == "string":
        pattern = traits.get("pattern")
        runnable = compiled(pattern) if pattern else None
        if runnable is not None:
            words = f"Member must satisfy regular expression pattern: {pattern}"
            found.append((words, lambda value: satisfies(runnable, value)))
        allowed = traits.get("enum")
        if allowed and enums:
            words = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            found.append((words, frozenset(allowed).__contains__))
    return found


def _at_most(limit: float, counts: bool) -> Callable[[Any], bool]:
    if counts:
        # A blob that is still streaming has no length yet.
        return lambda value: not hasattr(value, "__len__") or len(value) <= limit
    return lambda value: value <= limit


def _at_least(limit: float, counts: bool) -> Callable[[Any], bool]:
    if counts:
        return lambda value: not hasattr(value, "__len__") or len(value) >= limit
    return lambda value: value >= limit


class _Compiler:
    """Compiles shapes into checks; a shape that constrains nothing compiles to None."""

    def __init__(self, *, enums: bool) -> None:
        self._enums = enums
        self._structures: dict[str, Callable[[Any, Path, list[Violation]], None] | None] = {}

    def _constrains(self, shape: Shape, seen: set[str]) -> bool:
        if shape.is_document:
            return False
        if shape.type == "structure":
            if shape.name in seen:
                return False
            seen.add(shape.name)
            return bool(shape.required) or any(self._constrains(member, seen) for member in shape.members.values())
        if _limits(shape, enums=self._enums):
            return True
        if shape.type == "list":
            return self._constrains(shape.member, seen)
        if shape.type == "map":
            return self._constrains(shape.key, seen) or self._constrains(shape.value, seen)
        return False

    def check(self, shape: Shape) -> Callable[[Any, Path, list[Violation]], None] | None:
        """What checks a value of `shape`."""
        if shape.is_document:
            return None
        if shape.type == "structure":
            return self._structure(shape)
        limits = _limits(shape, enums=self._enums)
        below: Callable[[Any, Path, list[Violation]], None] | None = None
        if shape.type == "list":
            below = self._items(shape)
        elif shape.type == "map":
            below = self._entries(shape)
        return _joined(limits, below, bool(shape.trait("sensitive")))

    def _structure(self, shape: Shape) -> Callable[[Any, Path, list[Violation]], None] | None:
        if shape.name in self._structures:
            return self._structures[shape.name]
        if not self._constrains(shape, set()):
            # A recursive shape would otherwise be walked for nothing.
            self._structures[shape.name] = None
            return None
        required = [(name, _decapitalised(name)) for name in shape.required]
        members: list[tuple[str, str, Callable[[Any, Path, list[Violation]], None]]] = []

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            for name, shown in required:
                if value.get(name) is None:
                    found.append(Violation(_text((shown, path)), NOT_NULL, None))
            for name, shown, below in members:
                held = value.get(name)
                if held is not None:
                    below(held, (shown, path), found)

        self._structures[shape.name] = check
        for name, member in shape.members.items():
            below = self.check(member)
            if below is not None:
                members.append((name, _decapitalised(name), below))
        return check

    def _items(self, shape: Shape) -> Callable[[Any, Path, list[Violation]], None] | None:
        member = shape.member
        if member.type in ("structure", "list", "map"):
            below = self.check(member)
            if below is None:
                return None

            def check(value: Any, path: Path, found: list[Violation]) -> None:
                for index, each in enumerate(value, 1):
                    if each is not None:
                        below(each, ("member", (index, path)), found)

            return check
        return self._scalars(member, "Member", list, bool(shape.trait("sensitive")))

    def _entries(self, shape: Shape) -> Callable[[Any, Path, list[Violation]], None] | None:
        keys = self._scalars(shape.key, "Map keys", list, bool(shape.trait("sensitive")))
        values: Callable[[Any, Path, list[Violation]], None] | None
        if shape.value.type in ("structure", "list", "map"):
            below = self.check(shape.value)

            def each_value(value: Any, path: Path, found: list[Violation]) -> None:
                if below is not None:
                    for key, each in value.items():
                        if each is not None:
                            below(each, ("member", (key, path)), found)

            values = None if below is None else each_value
        else:
            values = self._scalars(shape.value, "Map value", _values, bool(shape.trait("sensitive")))
        checks = [check for check in (keys, values) if check is not None]
        if not checks:
            return None

        def check_all(value: Any, path: Path, found: list[Violation]) -> None:
            for check in checks:
                check(value, path, found)

        return check_all

    def _scalars(
        self, member: Shape, subject: str, values_of: Callable[[Any], Any], sensitive: bool
    ) -> Callable[[Any, Path, list[Violation]], None] | None:
        """AWS speaks of a whole collection of scalars when one of them breaks a constraint."""
        keeps = [keep for _, keep in _limits(member, enums=self._enums)]
        if not keeps:
            return None
        limits = _limits(member, enums=self._enums, trivial=True)
        words = f"{subject} must satisfy constraint: [{', '.join([word for word, _ in limits])}]"
        hidden = sensitive or bool(member.trait("sensitive"))

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            for each in values_of(value):
                for keep in keeps:
                    if each is not None and not keep(each):
                        found.append(Violation(_text(path), words, value, hidden))
                        return

        return check


def _values(value: dict[str, Any]) -> Any:
    return value.values()


def _joined(
    limits: list[tuple[str, Callable[[Any], bool]]],
    below: Callable[[Any, Path, list[Violation]], None] | None,
    sensitive: bool,
) -> Callable[[Any, Path, list[Violation]], None] | None:
    if not limits:
        return below

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        for words, keep in limits:
            if not keep(value):
                found.append(Violation(_text(path), words, value, sensitive))
        if below is not None:
            below(value, path, found)

    return check


def check(operation: OperationModel, request: Mapping[str, Any], *, enums: bool = True) -> list[Violation]:
    """Every constraint of the model that `request` breaks; `enums=False` leaves enum values alone."""
    cached: dict[bool, Any] = operation.__dict__.setdefault("_checks", {})
    try:
        checker = cached[enums]
    except KeyError:
        compiler = _Compiler(enums=enums)
        checker = cached[enums] = None if operation.input is None else compiler.check(operation.input)
    if checker is None:
        return []
    found: list[Violation] = []
    try:
        checker(request, (), found)
    except RecursionError:
        raise AwsError("SerializationException", "The request is nested too deeply", 400) from None
    return found


def coral_error(violations: list[Violation], *, code: str = "ValidationException") -> AwsError:
    """The refusal in the words that most of AWS shares; the query protocol's `code` is ValidationError."""
    count = len(violations)
    heading = f"{count} validation error{'' if count == 1 else 's'} detected: "
    return AwsError(
        code,
        heading + "; ".join([violation.message for violation in violations]),
        400,
        facts=tuple(
            Fact("request", violation.path, None if violation.sensitive else java_text(violation.value))
            for violation in violations
        ),
    )


def common_code(operation: OperationModel) -> str:
    """The code of that refusal in the service's own first protocol."""
    return "ValidationError" if operation.service.protocols[0] in ("query", "ec2") else "ValidationException"
