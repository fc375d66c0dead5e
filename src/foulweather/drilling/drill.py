"""A drill as its folder tells it; the folder's name is its id."""

from __future__ import annotations

import importlib
import os
import re
import sys
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import msgspec

from foulweather.drilling import diagnosis
from foulweather.drilling.lab import Lab
from foulweather.kernel.why import Why

Judge = Callable[[Lab], Why | None]
FILES = ("drill.toml", "README.md", "stack.py", "incident.py", "check.py", "hints.md", "solution.sh", "debrief.md")
WRONG_FIXES_MIN = 3
_REASON = re.compile(r"^# refused because: (.+)$", re.MULTILINE)
_HINT = re.compile(r"^## .*$", re.MULTILINE)


class BadDrill(Exception):
    """A folder that is no drill, in words for its author."""


class RootCause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the product must name: in one sentence, and as the fact that decided it.

    `resource` and `property` are regular expressions; a fact of a reason on record matches both, or, where nothing
    was refused, a change in the journal that still stands.
    """

    text: str
    resource: str
    property: str
    standing: bool = False
    """It was so long before that day: nobody changed it then, and no request was refused for it."""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`drill.toml`."""

    title: str
    level: int
    minutes: int
    services: list[str]
    skills: list[str]
    seed: int
    start: datetime
    root_cause: RootCause
    past_days: int = 7
    symptom_within_minutes: int = 120
    settle_minutes: int = 15
    served_within_s: int = 60
    clock_rate: int = 1


class WrongFix(msgspec.Struct, frozen=True):
    """A plausible fix that must be refused, and why."""

    name: str
    path: Path
    reason: str


class Drill:
    """One folder, read and checked for completeness."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise BadDrill(f"{self.id}: there is no {', '.join(missing)}")
        try:
            told = tomllib.loads((folder / "drill.toml").read_text())
            self.about = msgspec.convert(told, About)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise BadDrill(f"{self.id}: drill.toml: {error}") from error
        if self.about.start.tzinfo is None:
            raise BadDrill(f"{self.id}: drill.toml: start needs a time zone (…T08:00:00Z)")
        self.wrong_fixes = [_wrong_fix(path) for path in sorted((folder / "wrong").glob("*.sh"))]
        self.hints = [part.strip() for part in _HINT.split(self.text("hints.md"))[1:]]
        if not self.hints:
            raise BadDrill(f"{self.id}: hints.md has no hints (each begins with a line '## …')")
        try:
            self.diagnosis = diagnosis.read(folder)
        except ValueError as error:
            raise BadDrill(f"{self.id}: {error}") from error
        self._modules: dict[str, ModuleType] = {}

    def text(self, name: str) -> str:
        """A file of the folder."""
        return (self.folder / name).read_text()

    @property
    def past(self) -> str:
        """How long it is healthy before the incident, in words."""
        days = self.about.past_days
        return (
            "its stack is built" if not days else "a healthy day passes" if days == 1 else f"{days} healthy days pass"
        )

    @property
    def start_ms(self) -> int:
        """When its world begins, in milliseconds."""
        return int(self.about.start.timestamp()) * 1000

    # --- its code

    def build(self, lab: Lab) -> None:
        """Build the healthy stack and install its applications."""
        self._function("stack", "build")(lab)

    def strike(self, lab: Lab) -> None:
        """Let the incident begin."""
        self._function("incident", "strike")(lab)

    def symptom(self, lab: Lab) -> Why | None:
        """What an on-call engineer would see by now, or None."""
        return cast(Judge, self._function("check", "symptom"))(lab)

    def check(self, lab: Lab) -> Why | None:
        """Why it is not mended, or None when it is."""
        return cast(Judge, self._function("check", "check"))(lab)

    def _function(self, module: str, name: str) -> Callable[..., Any]:
        if not self._modules:
            self._modules = _loaded(self.folder)
        function = getattr(self._modules[module], name, None)
        if function is None:
            raise BadDrill(f"{self.id}: {module}.py has no function {name}(lab)")
        return function


def drills_folder() -> Path:
    """Where the drills are: FOULWEATHER_DRILLS, the package's own copy, or the repository's folder."""
    named = os.environ.get("FOULWEATHER_DRILLS")
    if named:
        return Path(named)
    package = Path(__file__).parents[1]
    shipped = package / "drills"
    return shipped if shipped.is_dir() else package.parents[1] / "drills"


def drill_ids(folder: Path | None = None) -> list[str]:
    """The ids of all that claims to be a drill, in order."""
    return sorted(path.parent.name for path in (folder or drills_folder()).glob("*/drill.toml"))


def all_drills(folder: Path | None = None) -> list[Drill]:
    """Every drill, by id."""
    root = folder or drills_folder()
    return [Drill(root / drill_id) for drill_id in drill_ids(root)]


def find_drill(drill_id: str, folder: Path | None = None) -> Drill:
    """A drill by id; raises BadDrill for none."""
    root = folder or drills_folder()
    path = root / drill_id
    if "/" in drill_id or drill_id.startswith(".") or not path.is_dir():
        known = ", ".join(drill_ids(root))
        raise BadDrill(f"there is no drill {drill_id!r}; there are: {known or 'none'}")
    return Drill(path)


def _wrong_fix(path: Path) -> WrongFix:
    found = _REASON.search(path.read_text())
    if found is None:
        raise BadDrill(f"{path.parent.parent.name}: wrong/{path.name} has no line '# refused because: …'")
    return WrongFix(path.stem, path, found[1])


def _loaded(folder: Path) -> dict[str, ModuleType]:
    """A drill's own modules, which may import each other by name while they load.

    Every drill has a `stack`: none of them stays among the process's modules, where the next drill would find it.
    """
    names = sorted(path.stem for path in folder.glob("*.py"))
    outer = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(outer)
