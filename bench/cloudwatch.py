"""What is measured of CloudWatch: twenty datapoints published, a week of fifty series read, a day of a thousand alarms.

The last is no request: `python -m bench.cloudwatch` runs a held day of a thousand alarms in process.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from bench.cases import Account, Drive, _admin, _client

NAMESPACE = "Bench"
SERIES = 50
WEEK_S = 7 * 86_400
STEP_S = 300
ALARMS = 1000
DAY_MINUTES = 1440
FILLED_EVERY = {"foulweather": 1, "ministack": 6, "moto": 12}
"""Every so manieth datapoint of the week; the peers take too long to fill."""


def _allowed(bench: Account) -> Any:
    if bench.server.name == "echo":
        return None
    iam = _client(bench.server, "iam", "test", "test")
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudwatch:*", "Resource": "*"}]}
    )
    iam.put_user_policy(UserName="bench", PolicyName="cloudwatch", PolicyDocument=document)
    if bench.server.name == "foulweather":
        _admin(bench, "POST", {"kind": "quota", "service": "cloudwatch", "per_s": 10_000_000})
    return bench.client("cloudwatch")


def _lowered(bench: Account) -> Callable[[], None]:
    return lambda: _admin(bench, "DELETE", {}) if bench.server.name == "foulweather" else None


def _query(bench: Account, action: str, members: dict[str, Any]) -> bytes:
    pairs = {"Action": action, "Version": "2010-08-01", **members}
    return bench.query("monitoring", "&".join(f"{name}={quote(str(value), safe='')}" for name, value in pairs.items()))


def put_metric_data(bench: Account) -> Drive:
    """PutMetricData of 20 datapoints of 20 series."""
    _allowed(bench)
    requests: list[bytes] = []
    for turn in range(8):
        members: dict[str, Any] = {"Namespace": NAMESPACE}
        for n in range(1, 21):
            members |= {
                f"MetricData.member.{n}.MetricName": "Latency",
                f"MetricData.member.{n}.Value": turn * 20 + n,
                f"MetricData.member.{n}.Unit": "Milliseconds",
                f"MetricData.member.{n}.Dimensions.member.1.Name": "Host",
                f"MetricData.member.{n}.Dimensions.member.1.Value": f"host-{n}",
            }
        requests.append(_query(bench, "PutMetricData", members))
    turns = itertools.cycle(requests)
    return Drive(lambda: next(turns), after=_lowered(bench))


def get_metric_data(bench: Account) -> Drive:
    """GetMetricData of a week of 50 series by the hour, their datapoints every five minutes."""
    cloudwatch = _allowed(bench)
    now = int(time.time()) // 3600 * 3600
    if cloudwatch is not None:
        step_s = STEP_S * FILLED_EVERY[bench.server.name]
        for at in range(now - WEEK_S, now, step_s):
            data = [
                {"MetricName": f"week-{n}", "Value": (at // STEP_S + n) % 97, "Timestamp": at} for n in range(SERIES)
            ]
            cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    members: dict[str, Any] = {"StartTime": _stamp(now - WEEK_S), "EndTime": _stamp(now)}
    for n in range(1, SERIES + 1):
        path = f"MetricDataQueries.member.{n}"
        members |= {
            f"{path}.Id": f"m{n}",
            f"{path}.MetricStat.Metric.Namespace": NAMESPACE,
            f"{path}.MetricStat.Metric.MetricName": f"week-{n - 1}",
            f"{path}.MetricStat.Period": 3600,
            f"{path}.MetricStat.Stat": "Average",
        }
    request = _query(bench, "GetMetricData", members)
    return Drive(lambda: request, after=_lowered(bench))


def _stamp(at_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


CASES: dict[str, Callable[[Account], Drive]] = {
    "PutMetricData of 20": put_metric_data,
    "GetMetricData week of 50": get_metric_data,
}


# --- a held day


async def _held_day() -> tuple[float, float]:
    """The seconds of processor time that a day of alarms takes, and those of publishing for them."""
    from foulweather.gates import GATES
    from foulweather.kernel.call import Call
    from foulweather.kernel.pipeline import Pipeline
    from foulweather.kernel.services import Services
    from foulweather.policy.principal import root
    from foulweather.world.world import World

    world = World(mode="held")
    pipeline = Pipeline(world, Services(), GATES)
    account, region = "111122223333", "us-east-1"

    def ask(operation: str, request: dict[str, Any]) -> Any:
        call = Call(pipeline, "cloudwatch", operation, account, region, root(account))
        return pipeline.run(call, pipeline.services.operation("cloudwatch", operation), request)

    for n in range(ALARMS):
        alarm = {
            "AlarmName": f"alarm-{n}",
            "Namespace": NAMESPACE,
            "MetricName": "Latency",
            "Dimensions": [{"Name": "Host", "Value": str(n)}],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": 1000.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        ask("PutMetricAlarm", alarm)
        if n % 20 == 19:
            await world.advance_to(world.clock.now_ms + 10_000)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 500)  # as a server has it
    began, publishing = time.process_time(), 0.0
    for minute in range(DAY_MINUTES):
        data = [
            {"MetricName": "Latency", "Dimensions": [{"Name": "Host", "Value": str(n)}], "Value": float(n + minute % 7)}
            for n in range(ALARMS)
        ]
        start = time.process_time()
        ask("PutMetricData", {"Namespace": NAMESPACE, "MetricData": data})
        publishing += time.process_time() - start
        await world.advance_to(world.clock.now_ms + 60_000)
    return time.process_time() - began, publishing


if __name__ == "__main__":
    whole, publishing = asyncio.run(_held_day())
    print(f"{ALARMS} alarms, each with a datapoint a minute, a held day of {DAY_MINUTES} evaluations: {whole:.1f} s of "
          f"processor time, {publishing:.1f} s of it for publishing")  # fmt: skip
