"""What is found while a definition is read: the diagnostics so far, and the fields of one of its objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.json_types import is_array, is_object
from foulweather.services.stepfunctions.language.records import Diagnostic, QueryLanguage

FOUND_MAX = 200

T = TypeVar("T")


class Findings:
    """The diagnostics of one definition, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def error(self, message: str, location: str | None, code: str = "SCHEMA_VALIDATION_FAILED") -> None:
        """Note what keeps the definition from being created."""
        if len(self.found) < FOUND_MAX:
            self.found.append(Diagnostic("ERROR", code, message, location))

    def warn(self, code: str, message: str, location: str) -> None:
        """Note what is allowed and probably a mistake."""
        if len(self.found) < FOUND_MAX:
            self.found.append(Diagnostic("WARNING", code, message, location))

    @property
    def refused(self) -> bool:
        """Whether there was an error."""
        return any(one.severity == "ERROR" for one in self.found)


class Fields:
    """An object of a definition and where it stands; what is wrong in it is noted, and read as if it were absent."""

    def __init__(
        self, data: dict[str, Any], location: str, language: QueryLanguage, findings: Findings, place: str = ""
    ) -> None:
        self.data = data
        self.location = location
        self.place = place  # within the state: `Catch[1]/`
        self.language: QueryLanguage = language
        self.findings = findings

    def __contains__(self, name: str) -> bool:
        return name in self.data

    @property
    def is_jsonata(self) -> bool:
        """Whether expressions in here are JSONata."""
        return self.language == "JSONata"

    def error(self, message: str, field: str | None = None, code: str = "SCHEMA_VALIDATION_FAILED") -> None:
        """Note an error in here, or at one of the fields."""
        self.findings.error(message, self.location if field is None else f"{self.location}/{field}", code)

    def allow(self, names: frozenset[str], jsonpath: frozenset[str], jsonata: frozenset[str]) -> None:
        """Refuse all other fields, as AWS does, and those of the other query language."""
        other, theirs = ("JSONPath", jsonpath) if self.is_jsonata else ("JSONata", jsonata)
        mine = jsonata if self.is_jsonata else jsonpath
        for name in self.data:
            if name in names or name in mine:
                continue
            if name in theirs:
                words = f"but field '{name}' is only supported for the '{other}' QueryLanguage"
                self.error(f"The QueryLanguage is set to '{self.language}', {words}")
            else:
                self.error(f"Field '{name}' is not supported")

    def require(self, *names: str) -> None:
        """Refuse the object where fields are missing."""
        missing = [name for name in names if name not in self.data]
        if missing:
            self.error(f"These fields are required: [{', '.join(missing)}]")

    def one_of(self, *names: str) -> str | None:
        """The one of some fields that is there; more than one is refused."""
        there = [name for name in names if name in self.data]
        if len(there) > 1:
            self.error(f"Only one of these fields is allowed: [{', '.join(there)}]")
        return there[0] if there else None

    def text(self, name: str, choices: tuple[str, ...] = ()) -> str | None:
        """A string."""
        value = self.data.get(name)
        if name not in self.data:
            return None
        if not isinstance(value, str):
            self.error("Expected value of type String", name)
            return None
        if choices and value not in choices:
            self.error(f"Value must be one of [{', '.join(choices)}]", name)
            return None
        return value

    def integer(self, name: str, least: int, most: int) -> int | None:
        """An integer between two bounds."""
        value = self.data.get(name)
        if name not in self.data:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.error("Expected value of type Integer", name)
            return None
        if not least <= value <= most:
            self.error(f"Value must be between {least} and {most}", name)
            return None
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """A number between two bounds."""
        value = self.data.get(name)
        if name not in self.data:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.error("Expected value of type Number", name)
            return None
        if not least <= value <= most:
            self.error(f"Value must be between {least} and {most}", name)
            return None
        return float(value)

    def boolean(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.data.get(name, False)
        if not isinstance(value, bool):
            self.error("Expected value of type Boolean", name)
            return False
        return value

    def array(self, name: str, *, empty: bool = True) -> list[Any]:
        """An array."""
        value = self.data.get(name, [])
        if not is_array(value):
            self.error("Expected value of type Array", name)
            return []
        if not value and not empty and name in self.data:
            self.error("Array must not be empty", name)
        return value

    def inner(self, name: str) -> Fields | None:
        """An object in here."""
        return self.at(self.data[name], name) if name in self.data else None

    def at(self, value: Any, place: str) -> Fields | None:
        """A value of here as an object."""
        if not is_object(value):
            self.error("Expected value of type Object", place)
            return None
        return Fields(value, f"{self.location}/{place}", self.language, self.findings, f"{self.place}{place}/")

    def compiled(self, name: str, compiling: Callable[[], T], otherwise: T) -> T:
        """What a field compiles to, or `otherwise` where it is refused."""
        try:
            return compiling()
        except InvalidDefinition as refused:
            # An expression knows its place from the state on.
            state = self.location.removesuffix("/" + self.place.removesuffix("/")) if self.place else self.location
            at = f"{self.location}/{name}" if refused.field is None else f"{state}/{refused.field}"
            self.findings.error(refused.message, at, refused.code)
        except RecursionError:
            self.error("The value is too deeply nested", name, "TOO_DEEPLY_NESTED")
        return otherwise
