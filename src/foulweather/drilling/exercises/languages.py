"""How a learner's file becomes a program: Python as it is, Go compiled."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from foulweather.drilling.exercises.definition import HERE, Exercise, Kind, Language
from foulweather.engines.sandbox import MIB, Child, End, Limits, Sandbox

DRIVERS = HERE / "drivers"
GO_TYPES: dict[Kind, str] = {
    "int": "int",
    "ints": "[]int",
    "string": "string",
    "pairs": "[][]int",
    "tree": "[]*int",
    "linked_lists": "[][]int",
}
BUILD_LIMITS = Limits(
    cpu_s=300,
    memory_bytes_max=3072 * MIB,
    output_bytes_max=1 << 20,
    processes_max=256,
    files_open_max=4096,
    file_bytes_max=512 * MIB,
)
BUILD_MS = 240_000


class NoToolchain(Exception):
    """A language's compiler is not on this machine."""


class Refused(Exception):
    """A file that does not become a program: what kind of fault, where, and what it is."""

    def __init__(self, verdict: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message
        self.line = line


class Program(NamedTuple):
    """A program that can be started in its sandbox again and again."""

    sandbox: Sandbox
    command: list[str]
    limits: Limits
    environment: dict[str, str]

    def start(self) -> Child:
        """Start it anew."""
        return self.sandbox.start(self.command, self.limits, self.environment)


def go_tool() -> str | None:
    """The path of the Go command; None where Go is not installed."""
    found = shutil.which("go")
    return os.path.realpath(found) if found else None


def program(exercise: Exercise, language: Language, file: Path, sandbox: Sandbox, cache: Path) -> Program:
    """Make a learner's file a program; `cache` is where Go keeps what it has compiled."""
    memory_bytes = exercise.memory_mib * MIB
    if language == "go":
        return _go(exercise, file, sandbox, cache, Limits(memory_bytes_max=memory_bytes, processes_max=8))
    copied = sandbox.directory / exercise.file_name(language)
    shutil.copyfile(file, copied)
    specification = {
        "file": str(copied),
        "function": exercise.python,
        "kinds": list(exercise.parameters.values()),
        "returns": exercise.returns,
    }
    # The interpreter itself maps some; a list that grows is for a moment there twice.
    limits = Limits(memory_bytes_max=memory_bytes, address_space_bytes_max=2 * memory_bytes)
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(DRIVERS / "driver.py"), json.dumps(specification)]
    return Program(sandbox, command, limits, {})


def _go(exercise: Exercise, file: Path, sandbox: Sandbox, cache: Path, limits: Limits) -> Program:
    tool = go_tool()
    if tool is None:
        raise NoToolchain("Go is not installed: there is no `go` on the PATH.")
    source = file.read_text(encoding="utf-8", errors="replace")
    if re.search(r"^package\s+(?!exercise\b)\w+", source, re.MULTILINE):
        raise Refused("syntax", "The file should begin with `package exercise`.", 1)
    directory = sandbox.directory
    for name in ("exercise", "tmp"):
        (directory / name).mkdir()
    (directory / "exercise" / "solution.go").write_text(source, encoding="utf-8")
    (directory / "go.mod").write_text("module drill\n\ngo 1.17\n")
    (directory / "main.go").write_text(go_main(exercise), encoding="utf-8")
    build = [tool, "build", "-o", "program", "."]
    child = sandbox.start(build, BUILD_LIMITS, _go_environment(tool, cache, directory), is_asked=False)
    built = child.finish(cpu_ms=BUILD_MS, wall_ms=BUILD_MS)
    output = child.output.decode(errors="replace")
    if built.end is not End.EXITED or child.status != 0 or not (directory / "program").exists():
        raise _refusal(exercise, output or f"The compiler was stopped: {built.end}.")
    return Program(sandbox, [str(directory / "program")], limits, {})


def _go_environment(tool: str, cache: Path, directory: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(tool).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "GOCACHE": str(cache),
        "GOPATH": str(cache / "path"),
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "CGO_ENABLED": "0",
        "HOME": str(cache),
        "TMPDIR": str(directory / "tmp"),
    }


def _refusal(exercise: Exercise, output: str) -> Refused:
    if f"undefined: exercise.{exercise.go}" in output or f"{exercise.go} not declared by package" in output:
        return Refused("missing", f"There is no function {exercise.go} in the file.")
    own = re.search(r"solution\.go:(\d+):\d+: (.+)", output)
    if own is not None:
        return Refused("syntax", f"It does not compile: {own[2]}", int(own[1]))
    if "main.go:" in output:
        return Refused("signature", f"{exercise.go} takes or returns other types than in the starter file.")
    return Refused("syntax", f"It does not compile: {output.strip()[:500]}")


def go_main(exercise: Exercise) -> str:
    """The program around a learner's Go function."""
    lines: list[str] = []
    passed: list[str] = []
    for at, kind in enumerate(exercise.parameters.values()):
        lines += [f"\tvar given{at} {GO_TYPES[kind]}", f"\tmust(json.Unmarshal(given[{at}], &given{at}))"]
        passed.append(f"tree(given{at})" if kind == "tree" else f"given{at}")
        if kind == "linked_lists":
            lines += [f"\theads{at} := make([]*exercise.ListNode, 0, len(given{at}))"]
            lines += [f"\tfor _, each := range given{at} {{", f"\t\theads{at} = append(heads{at}, linked(each))", "\t}"]
            passed[-1] = f"heads{at}"
    kinds = {*exercise.parameters.values(), exercise.returns}
    result = ["\tshown := result"]
    if exercise.returns == "linked_list":
        result = ["\tshown, ends := unlinked(result)", "\tif !ends {"]
        message = "the list that it returned has no end: it runs in a circle"
        result += [f'\t\treturn told{{"unreadable": "{message}", "cpu_ns": spent}}', "\t}"]
    parts = [("tree.go", "tree" in kinds), ("list.go", bool(kinds & {"linked_list", "linked_lists"}))]
    texts = [(DRIVERS / name).read_text(encoding="utf-8") for name, is_used in parts if is_used]
    return (
        (DRIVERS / "main.go")
        .read_text(encoding="utf-8")
        .replace("//ARGUMENTS", "\n".join(lines))
        .replace("//RESULT", "\n".join(result))
        .replace("//PARTS", "\n".join(texts))
        .replace("FUNCTION(PASSED)", f"{exercise.go}({', '.join(passed)})")
    )
