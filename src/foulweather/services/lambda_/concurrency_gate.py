"""How many invocations may run at once, and how fast there may be more of them.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.quotas import in_force
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_.quotas import CONCURRENT_EXECUTIONS
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.state import LambdaState
from foulweather.world.world import World

SCALING_MAX = 1_000
SCALING_PER_S = 100
"""1,000 environments every 10 seconds for each function; "the scaling quota is refilled continuously"."""
REQUESTS_PER_CONCURRENCY = 10
"""Invocations a second for each unit of concurrency."""
UNRESERVED_MIN = 100
"""What functions without a reservation always have."""
MILLI = 1000
MINUTE_MS = 60_000
WORDS = "Rate Exceeded."

Kind = Literal["on-demand", "provisioned-concurrency"]


class Ticket(NamedTuple):
    """One invocation that was let in."""

    place: tuple[str, str]
    function: str
    provisioned: str
    """The qualified ARN whose provisioned environments it runs in, if it does."""
    concurrent: int
    """How many of the function run now, this one among them."""
    in_account: int = 0
    """How many of all functions run now, this one among them."""
    unreserved: int = 0
    """How many of them run in what the account has not reserved; 0 when this one does not."""
    utilization: float = 0.0
    """Which share of its provisioned environments is in use, this one's among them."""
    is_spillover: bool = False
    """Whether all of its provisioned environments were in use."""
    in_provisioned: int = 0
    """How many run in its provisioned environments now, this one among them; 0 where this one does not."""

    @property
    def kind(self) -> Kind:
        """How its environment comes to be."""
        return "provisioned-concurrency" if self.provisioned else "on-demand"


class _Bucket:
    __slots__ = ("at_ms", "fill")

    def __init__(self, fill: int, at_ms: int) -> None:
        self.fill = fill
        self.at_ms = at_ms

    def take(self, now_ms: int, per_s: int, most: int) -> bool:
        """Take one; whether there was one."""
        self.fill = min(most * MILLI, self.fill + (now_ms - self.at_ms) * per_s)
        self.at_ms = now_ms
        if self.fill < MILLI:
            return False
        self.fill -= MILLI
        return True


class Gate:
    """What runs now in a world, by account and region, and by function."""

    def __init__(self) -> None:
        self.by_function: Counter[str] = Counter()
        self.in_account: Counter[tuple[str, str]] = Counter()
        self._provisioned: Counter[str] = Counter()
        self._scaling: dict[str, _Bucket] = {}
        self._requests: dict[str, _Bucket] = {}
        self._most: Counter[str] = Counter()
        self._unreserved: Counter[tuple[str, str]] = Counter()
        self._unreserved_most: dict[tuple[str, str], int] = {}
        """In this minute, of every place where anything ran."""
        self._alarm = 0

    @classmethod
    def of(cls, world: World) -> Gate:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Gate, found)

    def enter(self, call: Call, function: Function, configuration: Configuration, qualifier: str) -> Ticket:
        """Let an invocation in, or raise TooManyRequestsException with its reason."""
        place, arn = (function.account, function.region), function.arn
        limit = in_force(call.world, CONCURRENT_EXECUTIONS, *place)
        running = self.by_function[arn]
        provisioned, allocated = self._provisioned_for(function, configuration, qualifier)
        if function.reserved is not None:
            if running >= function.reserved:
                raise _throttled(
                    call,
                    function,
                    "ReservedFunctionConcurrentInvocationLimitExceeded",
                    f"{running} invocations of {function.name} run, and {function.reserved} are reserved for it.",
                    call.fact(arn, "ReservedConcurrentExecutions", function.reserved),
                    Fact(arn, "concurrent executions", running),
                    remedy=(
                        f"aws lambda put-function-concurrency --function-name {function.name} "
                        f"--reserved-concurrent-executions {max(2 * function.reserved, running + 1)} "
                        f"--region {function.region}",
                    ),
                )
            self._check_rate(call, function, function.reserved * REQUESTS_PER_CONCURRENCY, "Reserved")
        else:
            if not provisioned:
                self._check_account(call, function, limit)
            self._check_rate(call, function, limit * REQUESTS_PER_CONCURRENCY, "")
        if not provisioned and running >= self._most[arn]:
            self._check_scaling(call, function, running)
        if not self._alarm:
            self._sample_later(call)
        return self._let_in(function, provisioned, allocated)

    def leave(self, ticket: Ticket) -> None:
        """An invocation has ended."""
        self.by_function[ticket.function] -= 1
        self.in_account[ticket.place] -= 1
        if ticket.unreserved:
            self._unreserved[ticket.place] -= 1
        if ticket.provisioned:
            self._provisioned[ticket.provisioned] -= 1

    def _let_in(self, function: Function, provisioned: str, allocated: int) -> Ticket:
        place, arn = (function.account, function.region), function.arn
        self.by_function[arn] += 1
        self.in_account[place] += 1
        unreserved, utilization = 0, 0.0
        if provisioned:
            self._provisioned[provisioned] += 1
            utilization = self._provisioned[provisioned] / allocated
        elif function.reserved is None:
            unreserved = self._unreserved[place] = self._unreserved[place] + 1
        if unreserved >= self._unreserved_most.get(place, 0):
            self._unreserved_most[place] = unreserved
        return Ticket(
            place,
            arn,
            provisioned,
            self.by_function[arn],
            self.in_account[place],
            unreserved,
            utilization,
            allocated > 0 and not provisioned,
            self._provisioned[provisioned] if provisioned else 0,
        )

    def _sample_later(self, call: Call) -> None:
        """At the end of each minute, tell what still runs: what has ended told its own."""
        world, now_ms = call.world, call.world.clock.now_ms
        self._alarm = world.agenda.alarm(now_ms - now_ms % MINUTE_MS + MINUTE_MS - 1, lambda: self._sample(call))

    def _sample(self, call: Call) -> None:
        self._alarm = 0
        self._tell_claimed(call)
        for arn in [arn for arn, running in self.by_function.items() if running > 0]:
            _, _, _, region, account, _, name = arn.split(":", 6)
            call.world.journal.append(
                call.world.clock.now_ms,
                "lambda.Running",
                account,
                region,
                arn,
                call.principal.arn,
                call.request_id,
                {
                    "function": name,
                    "concurrent": self.by_function[arn],
                    "in_account": self.in_account[account, region],
                    "unreserved": self._unreserved[account, region],
                },
            )
            if not self._alarm:
                world, next_ms = call.world, call.world.clock.now_ms + MINUTE_MS
                self._alarm = world.agenda.alarm(next_ms, lambda: self._sample(call))

    def _tell_claimed(self, call: Call) -> None:
        """Tell how much of each account's concurrency was claimed in the minute that ends."""
        for (account, region), most in self._unreserved_most.items():
            claimed = most + kept_aside(call, account, region)
            facts = {"claimed": claimed}
            who, now_ms = call.principal.arn, call.world.clock.now_ms
            call.world.journal.append(now_ms, "lambda.Claimed", account, region, account, who, call.request_id, facts)
        self._unreserved_most = {place: running for place, running in self._unreserved.items() if running}

    def _provisioned_for(self, function: Function, configuration: Configuration, qualifier: str) -> tuple[str, int]:
        """The provisioned environments that have room for it, by the ARN that they are for, and how many there are.

        Where there are some, but none has room, the ARN is empty: the invocation spills over.
        """
        allocated = 0
        for name in dict.fromkeys((qualifier, configuration.version)) if function.provisioned else ():
            found = function.provisioned.get(name)
            if found is None:
                continue
            allocated = found.allocated
            arn = function.qualified(name)
            if self._provisioned[arn] < allocated:
                return arn, allocated
        return "", allocated

    def _check_account(self, call: Call, function: Function, limit: int) -> None:
        """What is left for functions without a reservation: the limit less all that is reserved or provisioned."""
        place = function.account, function.region
        everything = self.in_account[place]
        if everything < UNRESERVED_MIN and limit >= CONCURRENT_EXECUTIONS.value:
            return  # so much is left whatever is reserved
        kept = kept_aside(call, *place)
        running = self._running_unreserved(call, place)
        if running < limit - kept and everything < limit:
            return
        region = function.region
        raise _throttled(
            call,
            function,
            "ConcurrentInvocationLimitExceeded",
            f"{running} invocations run in the account's unreserved concurrency of {limit - kept} in {region}.",
            Fact(function.account, "concurrent executions limit", limit),
            Fact(function.account, "reserved or provisioned for functions", kept),
            Fact(function.account, "unreserved concurrent executions", running),
            Fact(function.account, "concurrent executions", everything),
            remedy=(
                f"aws service-quotas request-service-quota-increase --service-code lambda --region {region} "
                f"--quota-code {CONCURRENT_EXECUTIONS.code} --desired-value {2 * limit}",
            ),
        )

    def _running_unreserved(self, call: Call, place: tuple[str, str]) -> int:
        """What runs of functions without a reservation, by what is reserved now: not by what was when it began."""
        apart = 0
        for function in call.state(LambdaState, *place).functions.values():
            if function.reserved is not None:
                apart += self.by_function[function.arn]
            else:
                apart += sum(self._provisioned[function.qualified(name)] for name in function.provisioned)
        return self.in_account[place] - apart

    def _check_rate(self, call: Call, function: Function, per_s: int, prefix: str) -> None:
        """Ten invocations a second for each unit of concurrency."""
        bucket = self._requests.get(function.arn)
        if bucket is None:
            bucket = self._requests[function.arn] = _Bucket(per_s * MILLI, call.now)
        if not bucket.take(call.now, per_s, per_s):
            raise _throttled(
                call,
                function,
                f"{prefix}FunctionInvocationRateLimitExceeded",
                f"{function.name} is invoked more than {per_s} times a second.",
                Fact(function.arn, "invocations a second", per_s),
            )

    def _check_scaling(self, call: Call, function: Function, running: int) -> None:
        """Each environment more than there have been takes from what a function may add in ten seconds."""
        arn = function.arn
        bucket = self._scaling.get(arn)
        if bucket is None:
            bucket = self._scaling[arn] = _Bucket(SCALING_MAX * MILLI, call.now)
        if not bucket.take(call.now, SCALING_PER_S, SCALING_MAX):
            raise _throttled(
                call,
                function,
                "ConcurrentInvocationLimitExceeded",
                f"{function.name} grows faster than {SCALING_MAX} environments in ten seconds.",
                Fact(arn, "concurrent executions", running),
                Fact(arn, "environments added in ten seconds", SCALING_MAX),
            )
        self._most[arn] = running + 1

    def shrank(self, function_arn: str) -> None:
        """An environment of a function has ended: another in its place is an addition again."""
        if self._most[function_arn] > 0:
            self._most[function_arn] -= 1


def kept_aside(call: Call, account: str, region: str) -> int:
    """The concurrency that functions have reserved, or that is provisioned for those that have not."""
    kept = 0
    for function in call.state(LambdaState, account, region).functions.values():
        if function.reserved is not None:
            kept += function.reserved
        else:
            kept += sum(each.allocated for each in function.provisioned.values())
    return kept


def _throttled(
    call: Call, function: Function, reason: str, words: str, *facts: Fact, remedy: tuple[str, ...] = ()
) -> AwsError:
    call.happened("lambda.Throttled", function.arn, function=function.name, reason=reason)
    members: dict[str, Any] = {"Reason": reason, "Type": "User", "retryAfterSeconds": "1"}
    return AwsError(
        "TooManyRequestsException",
        WORDS,
        429,
        why=Why("throttled", words, facts, remedy),
        members=members,
    )
