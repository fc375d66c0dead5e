"""What of a batch was not done, and why: a batch that was done in part succeeds, and its answer tells no reasons.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.BatchOperations
"""

from __future__ import annotations

from collections import Counter

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.live import LiveTable

CAUSES_MAX = 10
BACK_OFF = (
    "Send what came back again, after a pause that doubles from one attempt to the next (exponential backoff with "
    "jitter)."
)
FULL = f"A response has at most {limits.BATCH_BYTES_MAX >> 20} MB: what did not fit is not read."


class Unprocessed:
    """What comes back of one batch."""

    def __init__(self) -> None:
        self.first: AwsError | None = None
        self.counts: Counter[str] = Counter()
        self._tables: dict[str, LiveTable] = {}
        self._causes: dict[tuple[object, ...], Why] = {}
        self._times: Counter[tuple[object, ...]] = Counter()

    def throttled(self, live: LiveTable, error: AwsError) -> None:
        """A part met a limit."""
        self.first = self.first or error
        why = error.why
        self._add(live, _limit(live, why), why)

    def full(self, live: LiveTable) -> None:
        """A part did not fit into the response."""
        bytes_max = Fact(live.arn, "bytes in a response", limits.BATCH_BYTES_MAX)
        self._add(live, (live.arn, FULL), Why("delayed", FULL, (bytes_max,)))

    def _add(self, live: LiveTable, cause: tuple[object, ...], why: Why) -> None:
        self.counts[live.arn] += 1
        self._tables[live.arn] = live
        self._causes.setdefault(cause, why)
        self._times[cause] += 1

    def tell(self, call: Call, asked: int, what: str) -> None:
        """Put it on record: how much of each table, and each limit that was met, the most frequent first."""
        for arn, count in self.counts.items():
            call.happened("dynamodb.Unprocessed", arn, table=self._tables[arn].row.name, count=count)
        causes = self._times.most_common(CAUSES_MAX)
        reasons = tuple(self._causes[cause] for cause, _ in causes)
        facts = tuple(Fact(arn, f"{what} of this request", count) for arn, count in self.counts.items())
        why = Why(
            reasons[0].decision,
            f"{self.counts.total()} of {asked} came back in {what}: " + ", ".join(_told(*each) for each in causes),
            facts,
            (BACK_OFF,),
            reasons,
        )
        call.explain(what, next(iter(self.counts)), why)


def _limit(live: LiveTable, why: Why) -> tuple[object, ...]:
    """What tells one limit from another: whose it is, which, and in which partition if it is a partition's."""
    facts = {fact.property: fact.value for fact in why.facts}
    limit = str(facts.get("limit", ""))
    partition = facts.get("partition") if limit.startswith("KeyRange") else None
    return why.facts[0].resource if why.facts else live.arn, limit, partition


def _told(cause: tuple[object, ...], count: int) -> str:
    resource, limit, *partition = cause
    if limit == FULL:
        return f"{count} did not fit into the response"
    where = f"partition {partition[0]} of {resource}" if partition[0] else resource
    return f"{count} met {limit or 'a limit'} of {where}"
