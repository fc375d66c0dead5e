"""Which requests X-Ray traces: sampling rules with their reservoirs, as X-Ray's API sets them and services ask them.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.world.store import State, table

DEFAULT = "Default"
DEFAULT_PRIORITY = 10_000
DEFAULT_RATE = 0.05
RECENT_MS = 600_000
BUCKET_MS = 10_000


class Asked(NamedTuple):
    """What a rule may look at of a request; `*` matches what is not there."""

    service: str
    service_type: str
    host: str = ""
    method: str = ""
    path: str = ""
    resource: str = ""


class Rule(msgspec.Struct, omit_defaults=True):
    """A sampling rule: so many requests each second, and of the others a part."""

    name: str
    arn: str
    priority: int
    rate: float
    reservoir: int
    resource: str = "*"
    service: str = "*"
    service_type: str = "*"
    host: str = "*"
    method: str = "*"
    path: str = "*"
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}
    created_ms: int = 0
    modified_ms: int = 0

    def matches(self, asked: Asked) -> bool:
        """Whether it is for a request; attributes are those of instrumented code, which no service has."""
        wanted = (self.service, self.service_type, self.host, self.method, self.path, self.resource)
        return not self.attributes and all(
            pattern == "*" or _pattern(pattern).fullmatch(value) is not None
            for pattern, value in zip(wanted, asked, strict=True)
        )


class Count(msgspec.Struct):
    """How many requests a rule matched in ten seconds, and how many of these were sampled, within its quota or not."""

    at_ms: int
    requests: int = 0
    sampled: int = 0
    borrowed: int = 0


class Sampling(State):
    """The rules of an account in a Region, and what they decided lately."""

    rules = table(Rule)

    def opened(self) -> None:
        """Begin with full reservoirs."""
        self._taken: dict[str, tuple[int, int]] = {}
        self.counts: dict[str, list[Count]] = {}
        self.clients: dict[str, dict[str, int]] = {}
        """When each client last asked for a rule's target."""

    def in_order(self, account: str, region: str) -> Iterator[Rule]:
        """All rules in the order in which they are asked: by priority, then by name; the default one is always last."""
        own = [rule for name, rule in self.rules.items() if name != DEFAULT]
        yield from sorted(own, key=lambda rule: (rule.priority, rule.name))
        yield self.default(account, region)

    def default(self, account: str, region: str) -> Rule:
        """The rule for what no other matches: one request a second, and five percent of the others."""
        arn = f"arn:aws:xray:{region}:{account}:sampling-rule/{DEFAULT}"
        return self.rules.get(DEFAULT) or Rule(DEFAULT, arn, DEFAULT_PRIORITY, DEFAULT_RATE, 1)

    def decide(self, call: Call, asked: Asked) -> bool:
        """Whether a request that no one upstream has decided about is traced."""
        rule = next(rule for rule in self.in_order(call.account, call.region) if rule.matches(asked))
        is_sampled = self.takes(call, rule.name, rule.reservoir, rule.rate)
        self.count(rule.name, call.now, 1, int(is_sampled), 0)
        return is_sampled

    def takes(self, call: Call, of: str, reservoir: int, rate: float) -> bool:
        """Take one request out of this second's reservoir, or by the rate when that is empty."""
        second = call.now // 1000
        last, taken = self._taken.get(of, (second, 0))
        taken = taken if last == second else 0
        if taken < reservoir:
            self._taken[of] = second, taken + 1
            return True
        return call.world.random.random() < rate

    def count(self, rule: str, at_ms: int, requests: int, sampled: int, borrowed: int) -> None:
        """Add to what a rule decided lately."""
        counts = self.counts.setdefault(rule, [])
        at_ms -= at_ms % BUCKET_MS
        if not counts or counts[-1].at_ms != at_ms:
            counts.append(Count(at_ms))
            self.counts[rule] = counts = [each for each in counts if at_ms - each.at_ms < RECENT_MS]
        counts[-1].requests += requests
        counts[-1].sampled += sampled
        counts[-1].borrowed += borrowed


@lru_cache(maxsize=1_000)
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` is any text, `?` any character; "matching is not case sensitive"."""
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob), re.I | re.S)
