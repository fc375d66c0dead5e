"""What a table or a global index may use a second, and the refusal of what goes beyond.

Provisioned capacity is a bucket for the whole table, with 300 seconds of burst: a partition may use all that the table
has (adaptive capacity is instant), up to the partition's own limit. On-demand tables are limited by their partitions.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing.html
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.partitions import Bucket, Heat, Partition, Partitions
from foulweather.services.dynamodb.records import Index, Provisioned, TableRow, Warm

Direction = Literal["read", "write"]

EXCEEDED = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
EXCEEDED_INDEX = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. "
    "Consider increasing your provisioning level for the under-provisioned global secondary indexes "
    "with the UpdateTable API."
)
ON_DEMAND = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
ACCOUNT = (
    "Throughput exceeds the current throughput limit for your account. "
    "Please contact AWS Support at https://aws.amazon.com/support request a limit increase"
)


class Limit(NamedTuple):
    """A limit that a request met, as ThrottlingReasons name it."""

    kind: Literal["ProvisionedThroughput", "KeyRangeThroughput", "MaxOnDemandThroughput", "AccountLimit"]
    per_s: int
    partition: Partition | None = None


class Meter:
    """The throughput of a table or of a global index: `row` is its table, `index` None for the table itself."""

    __slots__ = ("index", "partitions", "read", "row", "throttled", "write")

    def __init__(self, row: TableRow, index: Index | None, partitions: Partitions, now_ms: int) -> None:
        self.row = row
        self.index = index
        self.partitions = partitions
        read, write = self._rates()
        self.read = Bucket(read, self._depth_s, now_ms)
        self.write = Bucket(write, self._depth_s, now_ms)
        self.throttled: Counter[str] = Counter()

    @property
    def arn(self) -> str:
        """Whose throughput it is."""
        return self.row.arn if self.index is None else self.row.index_arn(self.index.name)

    @property
    def _depth_s(self) -> int:
        return 1 if self.row.is_on_demand else limits.BURST_S

    def _rates(self) -> tuple[int, int]:
        holder = self.row if self.index is None else self.index
        if not self.row.is_on_demand:
            return max(1, holder.provisioned.read_units), max(1, holder.provisioned.write_units)
        most = holder.most
        return most.read_units or limits.TABLE_UNITS_MAX, most.write_units or limits.TABLE_UNITS_MAX

    def configured(self, now_ms: int) -> None:
        """Heed a change of what is provisioned, of the mode, or of the maximum."""
        read, write = self._rates()
        for bucket, rate in ((self.read, read), (self.write, write)):
            bucket.has(now_ms)
            bucket.depth_s = self._depth_s
            bucket.change(rate, now_ms)
        holder = self.row if self.index is None else self.index
        self.partitions.grow(wanted(self.row.is_on_demand, holder.provisioned, holder.warm), now_ms)

    def admits(self, direction: Direction, group: str, now_ms: int) -> Limit | None:
        """None when a request for a key may go on, or else the limit that it meets."""
        partition = self.partitions.of(group)
        if direction == "write":
            heat, bucket = partition.write, self.write
        else:
            heat, bucket = partition.read, self.read
        if not heat.bucket.has(now_ms):
            return Limit("KeyRangeThroughput", heat.bucket.rate, partition)
        if bucket.has(now_ms):
            return None
        if not self.row.is_on_demand:
            return Limit("ProvisionedThroughput", bucket.rate, partition)
        holder = self.row if self.index is None else self.index
        has_maximum = holder.most.write_units if direction == "write" else holder.most.read_units
        return Limit("MaxOnDemandThroughput" if has_maximum else "AccountLimit", bucket.rate, partition)

    def spend(self, direction: Direction, group: str, milli: int, now_ms: int) -> None:
        """Use thousandths of units for a key."""
        partition = self.partitions.of(group)
        if direction == "write":
            heat = partition.write
            self.write.level -= milli
        else:
            heat = partition.read
            self.read.level -= milli
        if heat.spend(group, milli, now_ms):
            is_on_demand = self.row.is_on_demand
            self.partitions.split_for_heat(partition, heat, is_on_demand=is_on_demand, now_ms=now_ms)


def wanted(is_on_demand: bool, provisioned: Provisioned, warm: Warm) -> int:
    """How many partitions a throughput needs."""
    read, write = provisioned.read_units, provisioned.write_units
    if is_on_demand:
        read, write = limits.ON_DEMAND_READ_UNITS, limits.ON_DEMAND_WRITE_UNITS
    read, write = max(read, warm.read_units), max(write, warm.write_units)
    return max(1, -(-read // limits.PARTITION_READ_UNITS), -(-write // limits.PARTITION_WRITE_UNITS))


def refusal(call: Call, meter: Meter, direction: Direction, group: str, key: str, limit: Limit) -> AwsError:
    """The refusal of a request that met a limit: its words, its reason, and what would end it."""
    row, index = meter.row, meter.index
    what = "Table" if index is None else "Index"
    reason = f"{what}{direction.capitalize()}{limit.kind}Exceeded"
    meter.throttled[group] += 1
    if len(meter.throttled) > 1000:
        meter.throttled = Counter(dict(meter.throttled.most_common(500)))
    call.happened(
        "dynamodb.Throttled",
        row.arn,
        table=row.name,
        index="" if index is None else index.name,
        operation=call.operation,
        direction=direction,
        reason=reason,
        key=key,
    )
    if not row.is_on_demand:
        code, message = "ProvisionedThroughputExceededException", EXCEEDED if index is None else EXCEEDED_INDEX
    else:
        code = "ThrottlingException"
        message = {"MaxOnDemandThroughput": MAXIMUM, "AccountLimit": ACCOUNT}.get(limit.kind, ON_DEMAND)
    member = "ThrottlingReasons" if not row.is_on_demand else "throttlingReasons"
    reasons = [{"reason": reason, "resource": meter.arn}]
    return AwsError(code, message, members={member: reasons}, why=_why(call, meter, direction, group, key, limit))


def _why(call: Call, meter: Meter, direction: Direction, group: str, key: str, limit: Limit) -> Why:
    arn, partition = meter.arn, limit.partition
    assert partition is not None
    heat: Heat = partition.write if direction == "write" else partition.read
    bucket = meter.write if direction == "write" else meter.read
    number, count = meter.partitions.number(partition), len(meter.partitions.all)
    share = heat.share(group)
    units = "WCU" if direction == "write" else "RCU"
    facts = [
        Fact(arn, "partition", f"{number} of {count}"),
        Fact(arn, "partition key", key),
        Fact(arn, "key's share of the partition's traffic (percent)", share),
        Fact(arn, "limit", f"{limit.kind} {limit.per_s} {units}/s"),
    ]
    if not meter.row.is_on_demand:
        name = "WriteCapacityUnits" if direction == "write" else "ReadCapacityUnits"
        facts.append(call.fact(arn, name, bucket.rate))
    if limit.kind == "KeyRangeThroughput":
        cause = (
            f"Partition {number} of {count} of {arn} met its limit of {limit.per_s} {units} a second; "
            f"{key} is {share} % of its traffic. A partition has no more, whatever the table is given."
        )
        remedy: tuple[str, ...] = (
            f"Spread the key over more partition keys, as {key}#0 to {key}#9 (write sharding).",
            f"aws dynamodb update-contributor-insights --table-name {meter.row.name} "
            "--contributor-insights-action ENABLE",
        )
    else:
        cause = f"{arn} has {limit.per_s} {units} a second ({limit.kind}) and no burst capacity left."
        remedy = (_raise(meter, direction, limit),)
    if meter.index is not None and direction == "write":
        cause += f" A write to {meter.row.name} waits for every index that it changes."
        facts.append(Fact(meter.row.arn, "index that pushed back", meter.index.name))
    return Why("throttled", cause, tuple(facts), remedy)


def _raise(meter: Meter, direction: Direction, limit: Limit) -> str:
    command = f"aws dynamodb update-table --table-name {meter.row.name}"
    if limit.kind == "AccountLimit":
        return (
            "aws service-quotas request-service-quota-increase --service-code dynamodb "
            f"--quota-code {limits.TABLE_UNITS_QUOTA[direction]} --desired-value {2 * limit.per_s}"
        )
    if limit.kind == "MaxOnDemandThroughput":
        most = f"Max{direction.capitalize()}RequestUnits"
        if meter.index is None:
            return f"{command} --on-demand-throughput {most}=-1"
        update = f'{{"IndexName":"{meter.index.name}","OnDemandThroughput":{{"{most}":-1}}}}'
    elif meter.index is None:
        return f"{command} --billing-mode PAY_PER_REQUEST"
    else:
        read, write = meter.read.rate, meter.write.rate
        read, write = (read, 2 * write) if direction == "write" else (2 * read, write)
        units = f'{{"ReadCapacityUnits":{read},"WriteCapacityUnits":{write}}}'
        update = f'{{"IndexName":"{meter.index.name}","ProvisionedThroughput":{units}}}'
    return f"{command} --global-secondary-index-updates '[{{\"Update\":{update}}}]'"
