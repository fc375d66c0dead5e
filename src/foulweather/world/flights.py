"""Work outside this process that is in flight, such as a function's, and what it waits for meanwhile."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from foulweather.world.world import World


class _Loan:
    __slots__ = ("is_called_in",)

    def __init__(self) -> None:
        self.is_called_in = False


class Flight:
    """One piece of work, counted as in flight by whoever waits for its end.

    While it waits itself (it sleeps, or has asked for something that takes time) what it waits for is in flight in
    its place: only if that is parked can held time move on. Of several things that it waits for at once the first is
    in its place, and the others are in flight on their own account.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._loan: _Loan | None = None
        self.trace_id = self.request_id = ""
        """The call that this is done for, and the trace which that is part of."""
        self.trace_header = ""
        """The X-Ray header that what it asks for carries on."""

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for something of the world's."""
        return self._loan is not None

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Wait for what goes on in here."""
        world = self._world
        if self._loan is not None:
            world.started()
            try:
                with world.lent():
                    yield
            finally:
                world.ended()
            return
        loan = self._loan = _Loan()
        with world.lent():
            try:
                yield
            finally:
                if loan.is_called_in:
                    world.ended()
                else:
                    self._loan = None

    def take_back(self) -> None:
        """Be in flight again, whatever it still waits for: it was told to end, or has ended."""
        loan, self._loan = self._loan, None
        if loan is not None:
            loan.is_called_in = True
            self._world.started()


asking: ContextVar[Flight | None] = ContextVar("asking", default=None)
"""The work that asks for what is being answered."""
