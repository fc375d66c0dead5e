"""The layers of a function: there, allowed to it, and together not too large.

https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import limits, refusals
from foulweather.services.lambda_.records import Configuration, LayerVersion
from foulweather.services.lambda_.state import LambdaState


class LayerPlace(NamedTuple):
    """What a layer's or a layer version's ARN names; version 0 stands for none."""

    account: str
    region: str
    name: str
    version: int

    @property
    def arn(self) -> str:
        """The ARN, with the version if there is one."""
        arn = f"arn:aws:lambda:{self.region}:{self.account}:layer:{self.name}"
        return f"{arn}:{self.version}" if self.version else arn


def place(call: Call, named: str, version: int = 0) -> LayerPlace:
    """The parts of a layer's name or ARN."""
    if not named.startswith("arn:"):
        return LayerPlace(call.account, call.region, named, version)
    parts = named.split(":")
    return LayerPlace(parts[4], parts[3], parts[6], int(parts[7]) if len(parts) > 7 else version)


def find(call: Call, at: LayerPlace) -> LayerVersion | None:
    """The layer version at a place, deleted or not: functions go on using what they have."""
    return call.state(LambdaState, at.account, at.region).layers.get(f"{at.name}:{at.version}")


def find_live(call: Call, at: LayerPlace) -> LayerVersion | None:
    """The layer version at a place that was not deleted."""
    found = find(call, at)
    return None if found is None or found.is_deleted else found


def resource(call: Call, at: LayerPlace) -> Resource:
    """A layer version as the gates see it, with its policy."""
    found = find_live(call, at)
    policy = None
    if found is not None and found.policy:
        policy = call.state(LambdaState, at.account, at.region).held(found.arn, found.policy)
    return Resource(at.arn, at.account, policy)


def check(call: Call, arns: Sequence[str]) -> None:
    """Every layer must be there, in this Region, and readable by the caller; one version of each."""
    seen: dict[tuple[str, str], str] = {}
    for arn in arns:
        at = place(call, arn)
        if at.region != call.region:
            raise refusals.invalid(
                "Layers are not in the same region as the function. "
                f"Layers are expected to be in region {call.region}.",
                Fact("request", "Layers", arn),
            )
        other = seen.setdefault((at.account, at.name), arn)
        if other != arn:
            raise refusals.invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{other} and {arn} are versions of the same layer.",
                Fact("request", "Layers", [other, arn]),
            )
        # Who may not see a layer of another account is not told whether it is there.
        call.pipeline.require(call, Permission("lambda:GetLayerVersion", resource(call, at)))
        if find_live(call, at) is None:
            raise refusals.invalid(f"Layer version {arn} does not exist.", Fact(arn, "exists", False))


def check_size(call: Call, configuration: Configuration) -> None:
    """Function and layers unzipped are bounded together."""
    sizes = [found.code.unzipped for arn in configuration.layers if (found := find(call, place(call, arn))) is not None]
    total = configuration.code.unzipped + sum(sizes)
    if sizes and total > limits.UNZIPPED_BYTES_MAX:
        raise refusals.invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {limits.UNZIPPED_BYTES_MAX} "
            f"bytes. The actual size is {total} bytes.",
            Fact("function", "unzipped bytes", configuration.code.unzipped),
            Fact("layers", "unzipped bytes", sum(sizes)),
        )


def is_used(state: LambdaState, arn: str) -> bool:
    """Whether a version of any function has a layer version."""
    return any(
        arn in each.layers
        for function in state.functions.values()
        for each in (function.latest, function.serving, *function.versions.values())
    )


def sweep(call: Call, state: LambdaState) -> None:
    """Let go of deleted layer versions that no function has any more."""
    gone = [key for key, each in state.layers.items() if each.is_deleted and not is_used(state, each.arn)]
    for key in gone:
        call.world.files.delete(state.layers.delete(key).code.file_id)
