"""Work outside this process that is in flight, such as a function's, and what it waits for meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from foulweather.world.world import World

GRACE_S = 0.1
"""How long, in real time, it may compute on when one of several things that it waited for has ended."""


class _Loan:
    __slots__ = ("is_called_in",)

    def __init__(self) -> None:
        self.is_called_in = False


class Flight:
    """One piece of work, counted as in flight by whoever waits for its end.

    While it waits itself (it sleeps, or has asked for something that takes time) what it waits for is in flight in
    its place: only if that is parked can held time move on. Of several things that it waits for at once the first is
    in its place, and the others are in flight on their own account. When one of them has ended it is at work again; if
    it waits for nothing more within a moment another takes its place: one thread may wait for what another sleeps.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._loan: _Loan | None = None
        self._beside: list[_Loan] = []
        self._grace: asyncio.TimerHandle | None = None
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
        loan = _Loan()
        if self._loan is None:
            self._loan = loan
            self._lift_grace()
        else:
            self._beside.append(loan)
            self._world.started()
        with self._world.lent():
            try:
                yield
            finally:
                self._waited(loan)

    def _waited(self, loan: _Loan) -> None:
        if loan.is_called_in:
            self._world.ended()
            return
        if loan not in self._beside:
            self._loan = None
        else:
            self._beside.remove(loan)
            if self._loan is None:
                self._world.ended()
            else:  # it is at work again, in the place of what has ended; what was in its own is beside it from now on
                self._beside.append(self._loan)
                self._loan = None
        self._lift_grace()
        if self._beside:
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self._hand_over)

    def _hand_over(self) -> None:
        """It asks for nothing more: it waits for what it still waits for, which is in its place from now on."""
        self._grace = None
        if self._loan is None and self._beside:
            self._loan = self._beside.pop(0)
            self._world.ended()

    def _lift_grace(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    def take_back(self) -> None:
        """Be in flight again, whatever it still waits for: it was told to end, or has ended."""
        self._lift_grace()
        loan, self._loan = self._loan, None
        if loan is not None:
            loan.is_called_in = True
            self._world.started()


asking: ContextVar[Flight | None] = ContextVar("asking", default=None)
"""The work that asks for what is being answered."""
