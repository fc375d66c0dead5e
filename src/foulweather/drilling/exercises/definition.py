"""An exercise, as its folder defines it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

HERE = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = ("python", "go")
EXTENSIONS: dict[Language, str] = {"python": "py", "go": "go"}

Language = Literal["python", "go"]
Kind = Literal["int", "ints", "bool", "string", "pairs", "tree", "levels", "linked_list", "linked_lists"]


class Case(msgspec.Struct, frozen=True):
    """What the function is given, and what it should return."""

    args: list[Any]
    expected: Any
    name: str = ""


class Times(msgspec.Struct, frozen=True):
    """A limit on CPU time for each language."""

    python: int
    go: int


class Exercise(msgspec.Struct, frozen=True):
    """One exercise. `probe` are the sizes at which growth is measured."""

    title: str
    python: str
    go: str
    parameters: dict[str, Kind]
    returns: Kind
    judge: Literal["equal", "pair"]
    wanted: str
    time_ms: Times
    memory_mib: int
    probe: list[int]
    hints: list[str]
    visible: list[Case]
    hidden: list[Case]
    id: str = ""

    @property
    def folder(self) -> Path:
        """Where its texts are."""
        return HERE / self.id

    @property
    def statement(self) -> str:
        """What is asked for, in Markdown."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    def function(self, language: Language) -> str:
        """The name of the function that is asked for."""
        return self.python if language == "python" else self.go

    def file_name(self, language: Language) -> str:
        """The name of the learner's file."""
        return f"{self.python}.{EXTENSIONS[language]}"

    def time_limit_ms(self, language: Language) -> int:
        """The CPU time that one case may take."""
        return self.time_ms.python if language == "python" else self.time_ms.go

    def starter(self, language: Language) -> str:
        """What the learner begins with."""
        return (self.folder / f"starter.{EXTENSIONS[language]}").read_text(encoding="utf-8")

    def solution(self, language: Language) -> str:
        """A solution of the wanted complexity."""
        return (self.folder / f"solution.{EXTENSIONS[language]}").read_text(encoding="utf-8")


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises by id."""
    import yaml

    found: dict[str, Exercise] = {}
    for path in sorted(HERE.glob("*/exercise.yaml")):
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        found[path.parent.name] = msgspec.convert(read | {"id": path.parent.name}, Exercise)
    return found


def language_of(file: Path) -> Language | None:
    """The language of a file, by its ending."""
    return next((language for language, ending in EXTENSIONS.items() if file.suffix == f".{ending}"), None)


def written(exercise: Exercise, args: Sequence[Any]) -> str:
    """The arguments of a call as they are shown: `numbers = [3, 3], target = 6`."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in zip(exercise.parameters, args, strict=True))


def shown(value: Any, width_max: int = 120) -> str:
    """A value as JSON, cut where it is long."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= width_max:
        return text
    counted = f" ({len(cast('list[Any]', value)):,} elements)" if isinstance(value, list) else ""
    return f"{text[: width_max - 20]} …{counted}"
