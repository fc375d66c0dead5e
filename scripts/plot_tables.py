"""Draws what tables do when they run hot: docs/tables.md and its pictures, from held-clock runs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.plot import Mark, Panel, Series, svg
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Services
from foulweather.world.world import World

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "tables"
START_MS = 1_767_225_600_000
THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException")
SECOND_MS = 1000


class Step(NamedTuple):
    """What became of the writes of one step, in write units a second."""

    at_ms: int
    offered: int
    served: int
    throttled: int
    capacity: int


class Scene:
    """A table under load, second by second."""

    def __init__(self, name: str) -> None:
        self.lab = Lab(World(name=name, seed=5, mode="held", start_ms=START_MS), Services(), "111122223333")
        self.tables = self.lab.client("dynamodb")
        self.steps: list[Step] = []
        self.marks: list[Mark] = []

    async def make(self, **more: Any) -> None:
        """Create the table and wait until it is there."""
        self.tables.create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, *more.pop("attributes", [])],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            **more,
        )
        await self.lab.world.advance_to(self.lab.now_ms + MINUTE_MS)

    async def run(
        self,
        seconds: int,
        per_s: Callable[[int], int],
        key: Callable[[int], str],
        units: int,
        step_s: int,
        capacity: Callable[[], int] = lambda: 0,
        **attributes: Any,
    ) -> None:
        """Write items of so many units; `per_s` is how many in which second, `key` whose."""
        body = {"S": "x" * (units * 1024 - 200)}
        served = throttled = offered = n = 0
        for second in range(seconds):
            for _ in range(per_s(second)):
                n += 1
                offered += units
                try:
                    self.tables.put_item(TableName="orders", Item={"pk": {"S": key(n)}, "body": body, **attributes})
                    served += units
                except AwsError as error:
                    if error.code not in THROTTLED:
                        raise
                    throttled += units
            await self.lab.world.advance_to(self.lab.now_ms + SECOND_MS)
            if (second + 1) % step_s == 0:
                self.steps.append(
                    Step(self.lab.now_ms, offered // step_s, served // step_s, throttled // step_s, capacity())
                )
                served = throttled = offered = 0

    def write_units(self) -> int:
        """What the table is given now."""
        return self.tables.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"]

    def draw(self, file: str, title: str, *, with_capacity: bool = False) -> None:
        """Write the picture."""
        lines = [
            Series("offered", [(step.at_ms, step.offered) for step in self.steps]),
            Series("served", [(step.at_ms, step.served) for step in self.steps]),
            Series("throttled", [(step.at_ms, step.throttled) for step in self.steps]),
        ]
        if with_capacity:
            lines.append(Series("provisioned", [(step.at_ms, step.capacity) for step in self.steps]))
        picture = svg(title, [Panel("Writes", "write units a second", lines)], marks=self.marks, panel_height=220)
        (PICTURES / f"{file}.svg").write_text(picture)


async def answered(answer: Any) -> Any:
    """An answer, also where AWS would have one wait for it."""
    return await answer if inspect.isawaitable(answer) else answer


def provisioned(read: int, write: int) -> dict[str, Any]:
    """The parameters of provisioned capacity."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


async def burst() -> str:
    """A burst bucket running dry."""
    scene = Scene("burst")
    await scene.make(ProvisionedThroughput=provisioned(10, 100))
    await scene.run(60, lambda second: 20, lambda n: f"k{n % 97}", 1, 5)
    scene.marks.append(Mark(scene.lab.now_ms, "load rises to 300"))
    await scene.run(400, lambda second: 300, lambda n: f"k{n % 97}", 1, 5)
    scene.draw("burst", "100 write units provisioned, 300 asked: the 300 seconds of burst run dry")
    dry = next(step for step in scene.steps if step.throttled)
    return f"The first throttle comes {(dry.at_ms - scene.marks[0].at_ms) // 1000} s after the load has risen."


async def hot_key() -> str:
    """One hot key in a cold table."""
    scene = Scene("hot-key")
    await scene.make(ProvisionedThroughput=provisioned(10, 5000))
    await scene.run(60, lambda second: 320, lambda n: f"USER#{n % 500}", 5, 5)
    scene.marks.append(Mark(scene.lab.now_ms, "80 % on USER#premium"))
    await scene.run(180, lambda second: 320, lambda n: "USER#premium" if n % 5 else f"USER#{n % 500}", 5, 5)
    scene.marks.append(Mark(scene.lab.now_ms, "ten shards"))
    await scene.run(120, lambda second: 320, lambda n: f"USER#premium#{n % 10}" if n % 5 else f"USER#{n % 500}", 5, 5)
    scene.draw("hot-key", "5,000 write units provisioned, 1,600 asked: one key cannot have more than 1,000")
    worst = max(step.throttled for step in scene.steps)
    return f"{worst} of 1,600 units a second are throttled, while 3,400 units of the table lie idle; ten shards end it."


async def starved_index() -> str:
    """A global index without capacity pushes back on its table."""
    scene = Scene("starved-index")
    index = {
        "IndexName": "by-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": provisioned(10, 50),
    }
    await scene.make(
        ProvisionedThroughput=provisioned(10, 1000),
        attributes=[{"AttributeName": "status", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[index],
    )
    await scene.run(60, lambda second: 40, lambda n: f"k{n}", 1, 5, status={"S": "NEW"})
    scene.marks.append(Mark(scene.lab.now_ms, "load rises to 200"))
    await scene.run(300, lambda second: 200, lambda n: f"k{second_key(n)}", 1, 5, status={"S": "NEW"})
    scene.draw("starved-index", "The table has 1,000 write units, its index 50: the index decides")
    return f"{scene.steps[-1].served} units a second get through in the end, of 1,000 that the table has."


def second_key(n: int) -> str:
    """New keys all the time."""
    return f"later-{n}"


async def on_demand() -> str:
    """On-demand capacity doubles past its previous peak."""
    scene = Scene("on-demand")
    await scene.make(BillingMode="PAY_PER_REQUEST")
    units, seconds = 40, 50 * 60

    def per_s(second: int) -> int:
        return 60 if second < 120 else 220

    await scene.run(seconds, per_s, lambda n: f"k{n % 2000}", units, 15)
    scene.marks.append(Mark(START_MS + MINUTE_MS + 120_000, "load jumps to 8,800"))
    scene.draw("on-demand", "On demand: a new table takes 4,000 write units a second, and learns to take more")
    late = [step for step in scene.steps if step.at_ms > START_MS + MINUTE_MS + 120_000]
    calm = next((step for step in late if not step.throttled), None)
    if calm is None:
        return f"After {seconds // 60} minutes it serves {late[-1].served} units a second."
    return f"{(calm.at_ms - START_MS - MINUTE_MS) // 60_000 - 2} minutes after the jump nothing is throttled any more."


async def target_tracking() -> str:
    """Target tracking scales out and in."""
    scene = Scene("target-tracking")
    await scene.make(ProvisionedThroughput=provisioned(10, 100))
    scaling = scene.lab.client("application-autoscaling")
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
    }
    await answered(scaling.register_scalable_target(**target, MinCapacity=100, MaxCapacity=1000))
    await answered(
        scaling.put_scaling_policy(
            **target,
            PolicyName="seventy",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 70,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        )
    )

    def per_s(second: int) -> int:
        return 12 if second < 600 or second >= 4200 else 80

    await scene.run(8400, per_s, lambda n: f"k{n % 997}", 5, 60, scene.write_units)
    begin = START_MS + MINUTE_MS
    scene.marks += [Mark(begin + 600_000, "load rises to 400"), Mark(begin + 4_200_000, "load falls to 60")]
    scene.draw(
        "target-tracking",
        "Target tracking at 70 %: out within minutes, in after a quarter of an hour",
        with_capacity=True,
    )
    levels = [
        scene.steps[0].capacity,
        *(after.capacity for before, after in pairwise(scene.steps) if before.capacity != after.capacity),
    ]
    return f"Provisioned, one after the other: {', '.join(str(level) for level in levels)}."


def scenes() -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """File, heading and run of each picture."""
    yield "burst", "A burst bucket runs dry", burst
    yield "hot-key", "One hot key in a cold table", hot_key
    yield "starved-index", "A starved index holds its table back", starved_index
    yield "on-demand", "On demand past its peak", on_demand
    yield "target-tracking", "Target tracking, out and in", target_tracking


def main() -> None:
    """Draw everything, and the page around it."""
    PICTURES.mkdir(exist_ok=True)
    page = [
        "# Tables that run hot",
        "",
        "Each picture is a run on the held clock, made by `python scripts/plot_tables.py`: real calls against a table",
        "of this world. Time is on x; what was offered, served and throttled on y.",
        "",
    ]
    for file, heading, run in scenes():
        told = asyncio.run(run())
        print(f"{heading}: {told}")
        page += [f"## {heading}", "", str(run.__doc__), told, "", f"![{heading}](tables/{file}.svg)", ""]
    page += [
        "A partition takes 3,000 read and 1,000 write units a second and holds 10 GB; one that holds more is split",
        "at the partition key that halves it, as is one that is hot for minutes. The reasons of a throttle",
        "(`foulweather why`) tell which partition of how many it was, and an on-demand table's warm throughput",
        "(DescribeTable) grows with its partitions.",
        "",
        "The limits are AWS's:",
        "[burst and adaptive capacity](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html),",
        "[on-demand capacity](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html),",
        "[global secondary indexes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html).",
        "",
    ]
    (ROOT / "docs" / "tables.md").write_text("\n".join(page))


if __name__ == "__main__":
    main()
