"""What a service tells of its tagged resources: its `tagged.py`, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from foulweather.kernel.ports import Ports
    from foulweather.kernel.services import Services
    from foulweather.world.world import World


class Tagging(Protocol):
    """A service's module `tagged.py`; without one, the service has nothing to tag.

    `KINDS` are its types of resources, as ARNs name them (`sqs`, `secretsmanager:secret`), each with
    CloudFormation's name of it. `tag` and `untag` are done through the service's own operations, as whoever
    `ports` acts for; what they return may have to be awaited.
    """

    KINDS: Mapping[str, str]

    def resources(self, world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Everything in an account and region that can have tags, by ARN; what is global is in us-east-1."""
        ...

    def tag(self, ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
        """Add tags to a resource, or change their values."""
        ...

    def untag(self, ports: Ports, arn: str, keys: Sequence[str]) -> Any:
        """Remove tags from a resource."""
        ...


class Arn(NamedTuple):
    """The parts of an ARN; `kind` is the type of resource in it, empty where it names none."""

    partition: str
    service: str
    region: str
    account: str
    kind: str

    @classmethod
    def of(cls, text: str) -> Arn | None:
        """An ARN taken apart, or None if it is none."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
            return None
        rest = parts[5]
        ends = [at for at in (rest.find("/"), rest.find(":")) if at >= 0]
        return cls(parts[1], parts[2], parts[3], parts[4], rest[: min(ends)] if ends else "")


def tagging_of(services: Services) -> dict[str, Tagging]:
    """Every type of resource that can have tags, as ARNs name it, with who knows about it."""
    found: dict[str, Tagging] = {}
    for service in services.all():
        module = services.part_or_none(service, "tagged")
        if module is not None:
            told = cast("Tagging", module)
            found |= dict.fromkeys(told.KINDS, told)
    return found


def kind_of(arn: str, kinds: Mapping[str, object]) -> str:
    """The type of resource that an ARN names, of those there are, or empty."""
    parts = Arn.of(arn)
    if parts is None:
        return ""
    named = f"{parts.service}:{parts.kind}"
    if parts.kind and named in kinds:
        return named
    return parts.service if parts.service in kinds else ""
