"""Modelled functions: a package whose only file, `foulweather.toml`, says how the function behaves.

They run without a process, in the world's time: for load that no machine could carry. docs/functions.md has the form.
"""

from __future__ import annotations

import math
import tomllib
from typing import Any, cast

import msgspec

from foulweather.engines.functions import packages
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.lambda_.records import Function
from foulweather.world.world import Stream, World

NAME = "foulweather.toml"
CPU_MIB = 1_769
"""With so much memory a function has one vCPU (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)."""
P99 = 2.3263478740408408


class Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log-normal distribution, by its median and its 99th percentile."""

    p50: float
    p99: float

    def drawn(self, draws: Stream) -> float:
        """One value."""
        if self.p99 <= self.p50 or self.p50 <= 0:
            return self.p50
        return draws.lognormvariate(math.log(self.p50), math.log(self.p99 / self.p50) / P99)


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call of another service that the function makes, with its execution role's permissions."""

    service: str
    operation: str
    request: dict[str, Any] = {}
    share: float = 1.0
    """In how many of its invocations."""


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a function behaves; times in milliseconds, memory in MiB."""

    duration_ms: float | Spread = 1.0
    cpu_bound: bool = False
    measured_mib: int = CPU_MIB
    """The memory with which the duration was measured."""
    memory_mib: float | Spread = 40.0
    init_ms: float | Spread = 200.0
    error_rate: float = 0.0
    error_type: str = "ModelledError"
    error_message: str = "The function is modelled to fail sometimes."
    response: Any = None
    calls: tuple[Asking, ...] = ()

    def duration(self, draws: Stream, memory_mib: int) -> int:
        """How long one invocation takes with so much memory."""
        took = _drawn(self.duration_ms, draws)
        if self.cpu_bound:
            took *= min(self.measured_mib, CPU_MIB) / min(memory_mib, CPU_MIB)
        return max(1, round(took))

    def initialization(self, draws: Stream, memory_mib: int) -> int:
        """How long an environment takes to initialize."""
        took = _drawn(self.init_ms, draws)
        if self.cpu_bound:
            took *= min(self.measured_mib, CPU_MIB) / min(memory_mib, CPU_MIB)
        return max(0, round(took))

    def memory(self, draws: Stream) -> int:
        """How much memory an invocation uses."""
        return max(1, round(_drawn(self.memory_mib, draws)))


class Models:
    """The models of a world's functions, by their packages' files, and a sequence of draws for each function."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[str, Model | None] = {}
        self._draws: dict[str, Stream] = {}

    @classmethod
    def of(cls, world: World) -> Models:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast(Models, found)

    def draws(self, function: Function) -> Stream:
        """The function's own randomness: what others draw does not change it."""
        found = self._draws.get(function.arn)
        if found is None:
            found = self._draws[function.arn] = self._world.stream(f"lambda/{function.arn}")
        return found

    def model(self, call: Call, function: Function, file_id: str) -> Model | None:
        """The model that a package is; None for real code."""
        if file_id not in self._found:
            self._found[file_id] = _read(call, function, file_id)
        return self._found[file_id]


def _read(call: Call, function: Function, file_id: str) -> Model | None:
    try:
        path = call.world.files.place(file_id).path
        if packages.names(path) != [NAME]:
            return None
        text = packages.content(path, NAME)
    except (KeyError, packages.BadPackage):
        return None  # what is wrong with it shows when it is unpacked
    try:
        return msgspec.convert(tomllib.loads(text.decode()), Model)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise AwsError(
            "InvalidZipFileException",
            f"{NAME} does not describe a function: {error}",
            502,
            facts=(Fact(function.arn, NAME, str(error)),),
        ) from None


def _drawn(value: float | Spread, draws: Stream) -> float:
    return value.drawn(draws) if isinstance(value, Spread) else value
