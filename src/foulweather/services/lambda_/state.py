"""Lambda's tables, and how functions are found by what requests call them."""

from __future__ import annotations

from foulweather.services.lambda_.records import Function, LayerVersion, Mapping
from foulweather.world.store import State, table


class LambdaState(State):
    """The functions, layers and event source mappings of an account in a region."""

    functions = table(Function)
    layers = table(LayerVersion)
    """By `name:version`."""
    layer_numbers = table(int)
    """The last version number of each layer, which no later version gets again."""
    mappings = table(Mapping)
    """By UUID."""
