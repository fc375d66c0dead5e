from __future__ import annotations

from foulweather.world.world import World


class ToyDirectory:
    def __init__(self, world: World) -> None:
        self.world = world
