"""What the front end keeps ready: the worlds that it hosts, and a plan for each operation it has met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from foulweather.gates import GATES, refusals
from foulweather.gates.refusals import Family
from foulweather.kernel.call import Call, Origin
from foulweather.kernel.model import catalogue
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Operation, Services
from foulweather.kernel.speaking import Speaking
from foulweather.meter.meter import Meter
from foulweather.wire.codec import DYNAMO, ErrorCodec, OperationCodec, error_codec, operation_codec
from foulweather.wire.codecs import s3
from foulweather.wire.route import Route
from foulweather.wire.sigv4 import Proof
from foulweather.wire.spoken import speak
from foulweather.world.driver import Driver
from foulweather.world.world import World


class Hosted:
    """A world with its pipeline, and the driver that moves it once the event loop runs."""

    def __init__(self, world: World, services: Services, pipeline: Pipeline | None = None) -> None:
        self.world = world
        self.pipeline = pipeline or Pipeline(world, services, GATES)
        Meter.of(world)
        Speaking.of(world).speak = speak
        self.driver: Driver | None = None
        self.origins: dict[tuple[str, bool, str, str, str], Origin] = {}

    def drive(self) -> None:
        """Attach the world to the running loop."""
        if self.driver is None:
            self.driver = Driver(self.world)

    def close(self) -> None:
        """Detach the world and put it away."""
        if self.driver is not None:
            self.driver.stop()
        self.world.close()


class Plan:
    """What serves one operation in one protocol, found once."""

    __slots__ = (
        "check_body",
        "codec",
        "compresses",
        "errors",
        "family",
        "is_global",
        "operation",
        "signing_name",
        "takes_anonymous",
    )

    def __init__(self, services: Services, found: Route) -> None:
        self.operation: Operation = services.operation(found.service, found.operation)
        self.codec: OperationCodec = operation_codec(found.service, found.protocol, found.operation)
        self.errors: ErrorCodec = error_codec(found.service, found.protocol)
        self.family: Family = refusals.family(found.service, found.protocol)
        self.check_body = s3.body_check(self.operation.model) if found.service == "s3" else None
        self.compresses = found.service in DYNAMO
        self.is_global = self.operation.service.is_global
        # By its target alone a request can name another service than its signature; elsewhere the signature routes it.
        self.signing_name = catalogue()[found.service].signing_name if found.protocol == "json" else ""
        self.takes_anonymous = self.operation.access.is_unsigned or self.operation.service.takes_anonymous


class Entered(NamedTuple):
    """A request that has become a call: in which world, with which plan, proved by what."""

    hosted: Hosted
    plan: Plan
    call: Call
    proof: Proof | None
    labels: Mapping[str, str]
