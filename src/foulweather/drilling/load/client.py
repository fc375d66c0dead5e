"""Clients that ask on the world's clock, come what may: open loop, with the retries that their settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from foulweather.drilling.clients import Identity
from foulweather.drilling.lab import App, Lab
from foulweather.drilling.load.arrivals import Arrivals
from foulweather.drilling.load.calling import Calling
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.records import Records
from foulweather.kernel.errors import AwsError

Made = tuple[str, dict[str, Any], int | str | None]
"""A request: the client's method, its parameters, and the key of the business event that it stands for."""
Make = Callable[[int, int], Made | None]
Target = Any
"""What requests go to: each request's name is a method of it, called with the parameters by keyword.

The method gives the answer (served); an awaitable of it where the answer takes time of the world, which counts itself
in flight (`World.started`, `ended`) but for the time that it is parked, as the pipeline's do; or it raises AwsError
(refused below status 500, failed from there on). `Lab.client` gives the targets of the API; the records tell
outcomes and latencies of any.
"""

TIMED_OUT = "ClientTimeout"
THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)
"""Refusals that AWS's SDKs try again, besides 5xx
(https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html, standard mode).
"""


class Request:
    """One request on its way: what is asked, since when, and how often it was tried."""

    __slots__ = ("attempt", "awaited", "call", "key", "method", "number", "parameters", "since_ms")

    def __init__(self, number: int, made: Made, call: Callable[..., Any], since_ms: int) -> None:
        self.number = number
        self.method, self.parameters, self.key = made
        self.call = call
        self.since_ms = since_ms
        self.attempt = 0
        self.awaited = 0
        """The attempt whose answer is waited for."""


class LoadClient(App):
    """Issues requests of one service as they arrive. `make(n, now_ms)` says what the n-th asks (None: nothing).

    `records` has every attempt; `outcomes` has every request once, with the time from its arrival to
    its end. `mix` is who asks, from where: identities by weight. Requests that are no API calls go to what
    `target` makes for each of them (None: for nobody in particular) in place of the service's client.
    """

    SETTINGS = {
        "retry": ("none", "at-once", "backoff", "jitter"),
        "retry_on": ("transient", "anything"),
        "attempts": ("3",),
        "backoff_ms": ("100",),
        "backoff_max_ms": ("20000",),
        "timeout_ms": ("0",),
    }

    def __init__(
        self,
        lab: Lab,
        name: str,
        *,
        service: str = "",
        target: Callable[[Identity | None], Target] | None = None,
        arrivals: Arrivals,
        make: Make | None = None,
        mix: Sequence[tuple[int, Identity]] = (),
        ledger: Ledger | None = None,
        **settings: str,
    ) -> None:
        super().__init__(lab, name, **settings)
        self.service = service
        self.arrivals = arrivals
        self.ledger = Ledger.of(lab) if ledger is None else ledger
        self.records = Records()
        self.outcomes = Records()
        self.asked: int = 0
        self.draws = lab.world.stream(f"load/{name}")
        self._make = make
        self._calling = Calling(lab, self.records)
        if (target is None) != bool(service):
            raise ValueError(f"{name} asks a service or a target, one of the two")
        aim: Callable[[Identity | None], Target] = target or (lambda identity: lab.client(service, identity))
        self._clients = [aim(identity) for _, identity in mix] or [aim(None)]
        self._weights = list(accumulate(weight for weight, _ in mix))
        self._clock = lab.world.clock
        self._times: Iterator[int] = iter(())
        self._alarm = 0
        self.configured()

    # --- what to ask: overridden, or given

    def make(self, n: int, now_ms: int) -> Made | None:
        """What the n-th request asks."""
        if self._make is None:
            raise NotImplementedError(f"{self.name} does not know what to ask: give `make`, or override it")
        return self._make(n, now_ms)

    def succeeded(self, request: Request, response: Any) -> None:
        """What the application does with an answer: nothing, unless overridden."""

    def gave_up(self, request: Request, error: AwsError | None) -> None:
        """What the application does after its last attempt failed (None: it timed out): nothing, unless overridden."""

    def configured(self) -> None:
        """Take the settings in, at the beginning and after each deploy."""
        settings = self.settings
        self._attempts = int(settings["attempts"]) if settings["retry"] != "none" else 1
        self._timeout_ms = int(settings["timeout_ms"])

    # --- running

    def start(self) -> None:
        """Begin to ask."""
        super().start()
        self.arrive(self.arrivals)

    def stop(self) -> None:
        """Ask no more; what waits for its next attempt is given up."""
        super().stop()
        self.lab.world.agenda.cancel(self._alarm)

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on new settings."""
        super().deploy(settings)
        self.configured()

    def arrive(self, arrivals: Arrivals) -> None:
        """Have requests arrive by another process from now on."""
        self.lab.world.agenda.cancel(self._alarm)
        self.arrivals = arrivals
        self._times = arrivals.times(self.draws, self.lab.now_ms)
        self._set_alarm()

    def _set_alarm(self) -> None:
        next_ms = next(self._times, None)
        if next_ms is not None and self.is_running:
            self._alarm = self.lab.world.agenda.alarm(next_ms, self._arrived)

    def _arrived(self) -> None:
        now_ms, times = self._clock.now_ms, self._times
        self._ask(now_ms)
        for next_ms in times:
            if times is not self._times or not self.is_running:  # an answer has changed the load, or ended it
                return
            if next_ms > now_ms:
                self._alarm = self.lab.world.agenda.alarm(next_ms, self._arrived)
                return
            self._ask(now_ms)

    def _ask(self, now_ms: int) -> None:
        number = self.asked
        self.asked += 1
        made = self.make(number, now_ms)
        if made is not None:
            self._issue(number, made, now_ms)

    def _issue(self, number: int, made: Made, now_ms: int) -> None:
        client = self._clients[0] if len(self._clients) == 1 else self._chosen()
        request = Request(number, made, getattr(client, made[0]), now_ms)
        if isinstance(request.key, str):
            request.key = self.ledger.key_of(request.key, now_ms)
        self._attempt(request)

    def _chosen(self) -> Target:
        place = self.draws.randrange(self._weights[-1])
        return next(client for client, up_to in zip(self._clients, self._weights, strict=True) if place < up_to)

    # --- attempts

    def _attempt(self, request: Request) -> None:
        request.attempt += 1
        request.awaited = attempt = request.attempt

        def done(response: Any, error: AwsError | None) -> None:
            if request.awaited != attempt:
                return  # the answer to an attempt that timed out
            if error is None:
                self._end(request, "")
                self.succeeded(request, response)
            else:
                self._failed(request, error)

        waiting = self._calling.make(request.method, request.call, request.parameters, done)
        if waiting is not None and self._timeout_ms:
            # The service goes on with what its client no longer waits for.
            self.lab.world.agenda.alarm(self.lab.now_ms + self._timeout_ms, lambda: self._timed_out(request, attempt))

    def _timed_out(self, request: Request, attempt: int) -> None:
        if request.awaited == attempt:
            now_ms = self.lab.now_ms
            self.records.add(request.method, TIMED_OUT, now_ms - self._timeout_ms, now_ms)
            self._failed(request, None)

    def _failed(self, request: Request, error: AwsError | None) -> None:
        request.awaited = 0
        if request.attempt < self._attempts and self._is_retried(error):
            when_ms = self.lab.now_ms + self.pause_ms(request.attempt)
            self.lab.world.agenda.alarm(when_ms, lambda: self._attempt(request) if self.is_running else None)
            return
        self._end(request, TIMED_OUT if error is None else error.code)
        self.gave_up(request, error)

    def _is_retried(self, error: AwsError | None) -> bool:
        if error is None or self.settings["retry_on"] == "anything":
            return True
        return error.code in THROTTLES or (error.status >= 500 and error.status != 501)

    def pause_ms(self, attempt: int) -> int:
        """How long to wait after the attempt of that number: doubling, and with full jitter anything up to that.

        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        retry = self.settings["retry"]
        if retry == "at-once":
            return 0
        most_ms = min(int(self.settings["backoff_ms"]) << (attempt - 1), int(self.settings["backoff_max_ms"]))
        return self.draws.randrange(most_ms + 1) if retry == "jitter" else most_ms

    def _end(self, request: Request, code: str) -> None:
        request.awaited = 0
        self.outcomes.add(request.method, code, request.since_ms, self._clock.now_ms)
