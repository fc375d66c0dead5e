"""Lambda's tables, and the resource policies of functions and layers as the gates want them."""

from __future__ import annotations

from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.lambda_.queued import QueuedEvent
from foulweather.services.lambda_.records import Function, Layer, LayerVersion, Mapping, SigningConfig
from foulweather.services.lambda_.unwritten_lines import UnwrittenLines
from foulweather.world.store import State, table


class LambdaState(State):
    """The functions, layers and event source mappings of an account in a region."""

    functions = table(Function)
    layers = table(LayerVersion)
    """By `name:version`."""
    layer_numbers = table(Layer)
    """The last version number of each layer, which no later version gets again."""
    mappings = table(Mapping)
    """By UUID."""
    signing = table(SigningConfig)
    """Code signing configurations by ARN."""
    unwritten = table(UnwrittenLines)
    """What invocations have logged, for the moment until CloudWatch Logs has it."""
    queued = table(QueuedEvent)
    """Asynchronous invocations that are not done with, by request id."""

    def opened(self) -> None:
        """Policies are parsed once, not at each call."""
        self._held: dict[str, tuple[str, Held]] = {}

    def held(self, arn: str, document: str) -> Held | None:
        """A resource policy, parsed; the same object for as long as its text is the same."""
        if not document:
            return None
        found = self._held.get(arn)
        if found is None or found[0] != document:
            held = Held(source=arn, kind="resource", policy=parse(document, "resource"))
            found = self._held[arn] = document, held
        return found[1]
