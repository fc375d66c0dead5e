from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from drilling.load.labs import MINUTE_MS, START_MS, new_lab, new_queue, new_topic, pass_ms
from foulweather.drilling.clients import Identity
from foulweather.drilling.load import Even, Ledger, LoadClient, Made, Poisson, Publisher, Recorded, Surge
from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals


def sending(url: str) -> Any:
    def make(n: int, now_ms: int) -> Made:
        return "send_message", {"QueueUrl": url, "MessageBody": f"{n} at {now_ms}"}, None

    return make


def bodies(lab: Any, url: str) -> list[dict[str, Any]]:
    received = lab.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )
    return received.get("Messages", [])


async def test_requests_come_when_they_arrive_whatever_the_clock_is_advanced_by() -> None:
    lab = new_lab()
    url = new_queue(lab)
    client = lab.add(LoadClient(lab, "c", service="sqs", arrivals=Recorded([5, 5, 70_000]), make=sending(url)))
    await pass_ms(lab, MINUTE_MS)
    assert [message["Body"] for message in bodies(lab, url)] == [f"0 at {START_MS + 5}", f"1 at {START_MS + 5}"]
    await pass_ms(lab, MINUTE_MS)
    assert client.records.summary()["outcomes"] == [{"operation": "send_message", "code": "", "count": 3}]


async def test_a_stopped_client_asks_no_more_and_a_started_one_again() -> None:
    lab = new_lab()
    url = new_queue(lab)
    client = lab.add(LoadClient(lab, "c", service="sqs", arrivals=Even(per_s=1), make=sending(url)))
    await pass_ms(lab, 3_500)
    client.stop()
    await pass_ms(lab, MINUTE_MS)
    assert client.asked == 3
    client.start()
    await pass_ms(lab, 2_000)
    assert client.asked == 5


async def test_the_load_of_a_running_client_can_change() -> None:
    lab = new_lab()
    url = new_queue(lab)
    client = lab.add(LoadClient(lab, "c", service="sqs", arrivals=Even(per_s=1), make=sending(url)))
    await pass_ms(lab, 10_000)
    client.arrive(Even(per_s=10, shapes=(Surge(0, 5_000, 2),)))
    await pass_ms(lab, 10_000)
    assert abs(client.asked - (10 + 150)) <= 1


def refused_times(client: LoadClient, url: str) -> list[int]:
    """When each attempt was made: the requests name a queue that is not there."""
    return [
        event.at_ms - START_MS for event in client.lab.world.journal if event.facts.get("operation") == "SendMessage"
    ]


@pytest.mark.parametrize(
    ("retry", "expected"),
    [("none", [1000]), ("at-once", [1000] * 5), ("backoff", [1000, 1100, 1300, 1700, 2300])],
)
async def test_retries_follow_their_schedule(retry: str, expected: list[int]) -> None:
    lab = new_lab()
    url = new_queue(lab) + "-gone"
    client = LoadClient(
        lab, "c", service="sqs", arrivals=Recorded([1000]), make=sending(url), retry=retry, attempts="5",
        retry_on="anything", backoff_max_ms="600",
    )  # fmt: skip
    lab.add(client)
    await pass_ms(lab, MINUTE_MS)
    assert refused_times(client, url) == expected
    assert client.records.count("send_message", "QueueDoesNotExist") == len(expected)
    assert client.outcomes.count("send_message", "QueueDoesNotExist") == 1
    assert client.outcomes.latency.largest == expected[-1] - 1000


async def test_full_jitter_draws_each_pause_from_zero_to_its_most() -> None:
    lab = new_lab()
    client = LoadClient(lab, "c", service="sqs", arrivals=Recorded([]), make=sending("x"), retry="jitter")
    pauses = [client.pause_ms(3) for _ in range(2000)]
    assert min(pauses) < 10
    assert 390 < max(pauses) <= 400
    assert 190 < sum(pauses) / 2000 < 210


async def test_a_refusal_that_is_the_senders_fault_is_not_tried_again_but_unavailability_is() -> None:
    lab = new_lab()
    url = new_queue(lab)
    gone = lab.add(
        LoadClient(lab, "gone", service="sqs", arrivals=Recorded([0]), make=sending(url + "-gone"), retry="backoff")
    )
    client = lab.add(LoadClient(lab, "c", service="sqs", arrivals=Recorded([0]), make=sending(url), retry="backoff"))
    lab.faults.add(kind="unavailable", service="sqs", until_ms=START_MS + 150)
    await pass_ms(lab, MINUTE_MS)
    assert client.records.codes() == {"ServiceUnavailable": 2}
    assert client.outcomes.count(code="") == 1
    assert client.outcomes.latency.largest == 300
    assert gone.records.calls == 3  # 503 twice, then the queue that is not there, and no more


async def test_a_throttle_of_dynamodb_is_tried_again() -> None:
    lab = new_lab()
    lab.client("dynamodb").create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    await pass_ms(lab, MINUTE_MS)
    body = {"S": "x" * 399_000}

    def put(n: int, now_ms: int) -> Made:
        return "put_item", {"TableName": "orders", "Item": {"pk": {"S": str(n)}, "body": body}}, None

    arrivals = Recorded([0, 1, 2])
    client = lab.add(LoadClient(lab, "c", service="dynamodb", arrivals=arrivals, make=put, retry="backoff"))
    await pass_ms(lab, MINUTE_MS)
    assert client.records.codes() == {"ProvisionedThroughputExceededException": 6}
    assert client.outcomes.codes() == {"ProvisionedThroughputExceededException": 2}


async def test_a_slow_answer_takes_its_time_and_held_time_waits_for_it() -> None:
    lab = new_lab()
    url = new_queue(lab)
    lab.faults.add(kind="slow", service="sqs", delay_ms=700)
    client = lab.add(LoadClient(lab, "c", service="sqs", arrivals=Even(per_s=10, until_ms=950), make=sending(url)))
    await pass_ms(lab, 5_000)
    assert client.records.latency.summary() == {
        "count": 9,
        "mean": 700,
        "p50": 700,
        "p90": 700,
        "p95": 700,
        "p99": 700,
        "max": 700,
    }
    assert lab.world.in_flight == 0


async def test_a_client_that_gives_up_waiting_asks_twice_and_the_service_does_it_twice() -> None:
    lab = new_lab()
    url = new_queue(lab)
    lab.faults.add(kind="slow", service="sqs", operation="SendMessage", delay_ms=2_000)
    client = LoadClient(
        lab, "c", service="sqs", arrivals=Recorded([0]), make=sending(url), retry="at-once", attempts="2",
        timeout_ms="1000",
    )  # fmt: skip
    lab.add(client)
    await pass_ms(lab, MINUTE_MS)
    assert client.records.codes() == {"ClientTimeout": 2}
    assert client.outcomes.codes() == {"ClientTimeout": 1}
    assert len(bodies(lab, url)) == 2


async def test_a_mix_asks_as_its_identities_by_weight() -> None:
    lab = new_lab()
    url = new_queue(lab)
    east = Identity(lab.account, "us-east-1")
    stranger = Identity("999988887777", "us-east-1", principals.root("999988887777"))
    client = LoadClient(
        lab, "c", service="sqs", arrivals=Even(per_s=10, until_ms=100_000), make=sending(url),
        mix=[(9, east), (1, stranger)],
    )  # fmt: skip
    lab.add(client)
    await pass_ms(lab, 2 * MINUTE_MS)
    refused = client.records.errors
    assert client.records.calls == 999
    assert 70 < refused < 135  # the stranger's: a tenth


async def test_a_key_by_name_is_asked_in_the_ledger() -> None:
    lab = new_lab()
    url = new_queue(lab)

    def make(n: int, now_ms: int) -> Made:
        return "send_message", {"QueueUrl": url, "MessageBody": "x"}, f"order-{n // 2}"

    lab.add(LoadClient(lab, "c", service="sqs", arrivals=Even(per_s=1, until_ms=4_500), make=make))
    await pass_ms(lab, 5_000)
    assert len(Ledger.of(lab)) == 2


# --- the publisher


async def test_a_publisher_sends_orders_with_their_attributes() -> None:
    lab = new_lab()
    url = new_queue(lab)
    topic = new_topic(lab, url)
    shop = lab.add(Publisher(lab, "shop", to=topic, arrivals=Even(per_s=1, until_ms=2_500)))
    await pass_ms(lab, 5_000)
    first, second = bodies(lab, url)
    assert json.loads(first["Body"]) == {
        "order_id": "order-0",
        "customer": "customer-0",
        "version": 1,
        "type": "order.created",
        "sequence": 0,
        "sent_ms": START_MS + 1000,
        "key": 0,
    }
    assert json.loads(second["Body"])["order_id"] == "order-1"
    assert first["MessageAttributes"]["event_type"]["StringValue"] == "order.created"
    assert shop.records.count("publish", "") == 2
    assert len(shop.ledger) == 2


def test_versions_of_an_order_come_in_order_and_each_once() -> None:
    lab = new_lab()
    shop = Publisher(lab, "shop", to="https://sqs/1/orders", arrivals=Poisson(per_s=1), versions="3")
    seen: Counter[str] = Counter()
    for n in range(90):
        event = shop.event(n, 0)
        seen[event["order_id"]] += 1
        assert event["version"] == seen[event["order_id"]]
        assert event["type"] == ("order.created" if event["version"] == 1 else "order.updated")
    assert set(seen.values()) == {3}
    assert len(seen) == 30


async def test_deduplication_by_order_alone_swallows_the_update() -> None:
    lab = new_lab()
    url = new_queue(lab, "orders.fifo")
    shop = Publisher(lab, "shop", to=url, arrivals=Even(per_s=1, until_ms=20_500), versions="2", grouping="order")
    lab.add(shop)
    lab.deploy("shop", deduplication="order")
    await pass_ms(lab, MINUTE_MS)
    assert shop.records.count("send_message", "") == 20  # all of them were told that they succeeded
    told = lab.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert told["Attributes"]["ApproximateNumberOfMessages"] == "10"


async def test_padding_makes_messages_too_large() -> None:
    lab = new_lab()
    url = new_queue(lab, MaximumMessageSize="2048")
    shop = lab.add(Publisher(lab, "shop", to=url, arrivals=Even(per_s=1), pad_bytes="1000"))
    await pass_ms(lab, 1_500)
    lab.deploy("shop", pad_bytes="3000")
    await pass_ms(lab, 1_000)
    assert shop.records.calls == 2
    assert shop.records.codes() == {"InvalidParameterValue": 1}


def test_settings_that_do_not_exist_are_refused() -> None:
    lab = new_lab()
    with pytest.raises(ValueError, match="no setting"):
        Publisher(lab, "shop", to="x", arrivals=Poisson(per_s=1), colour="red")
    with pytest.raises(ValueError, match="one of"):
        Publisher(lab, "shop", to="x", arrivals=Poisson(per_s=1), retry="forever")


@pytest.mark.parametrize("is_topic", [True, False])
async def test_batches_go_when_they_are_full_or_have_lingered(is_topic: bool) -> None:
    lab = new_lab()
    url = new_queue(lab)
    to = new_topic(lab, url) if is_topic else url
    shop = Publisher(lab, "shop", to=to, arrivals=Recorded([0] * 5), batch="3", linger_ms="50")
    lab.add(shop)
    method = "publish_batch" if is_topic else "send_message_batch"
    await pass_ms(lab, 49)
    assert shop.records.count(method, "") == 1
    await pass_ms(lab, 1)
    assert shop.records.count(method, "") == 2
    assert [json.loads(message["Body"])["sequence"] for message in bodies(lab, url)] == [0, 1, 2, 3, 4]
    assert shop.asked == 5


async def test_an_entry_that_fails_by_itself_is_on_record() -> None:
    lab = new_lab()
    url = new_queue(lab, MaximumMessageSize="2048")
    arrivals = Recorded([0] * 3)
    shop = lab.add(Publisher(lab, "shop", to=url, arrivals=arrivals, batch="3", pad_bytes="3000"))
    await pass_ms(lab, 10)
    assert shop.records.count("send_message_batch", "") == 1
    assert shop.records.count("send_message_batch entry", "InvalidParameterValue") == 3


class Plane:
    """A data plane that is down for its first five requests and throttles the sixth."""

    def __init__(self, who: Identity | None) -> None:
        self.who = who
        self.seen: list[str] = []

    def get(self, *, Path: str) -> dict[str, Any]:  # noqa: N803 - parameters have the request's own names
        self.seen.append(Path)
        if len(self.seen) <= 5:
            raise AwsError("503", "Service Unavailable", 503)
        if len(self.seen) == 6:
            raise AwsError("TooManyRequestsException", "Too Many Requests", 429)
        if len(self.seen) == 8:
            raise AwsError("404", "Not Found", 404)
        return {"Status": 200}


async def test_requests_may_go_to_a_target_that_is_no_api() -> None:
    lab, planes = new_lab(), list[Plane]()

    def plane(who: Identity | None) -> Plane:
        planes.append(Plane(who))
        return planes[-1]

    client = lab.add(
        LoadClient(
            lab,
            "web",
            target=plane,
            arrivals=Even(per_s=1, until_ms=4_500),
            make=lambda n, now_ms: ("get", {"Path": f"/{n}"}, None),
            retry="at-once",
            attempts="3",
        )
    )
    await pass_ms(lab, MINUTE_MS)
    assert planes[0].seen == ["/0"] * 3 + ["/1"] * 3 + ["/2", "/3"]
    assert client.outcomes.codes() == {"404": 1, "503": 1, "TooManyRequestsException": 1}
    assert client.records.count("get", "503") == 5
    assert client.outcomes.count(code="") == 1


def test_a_client_asks_a_service_or_a_target() -> None:
    with pytest.raises(ValueError, match="one of the two"):
        LoadClient(new_lab(), "web", arrivals=Even(per_s=1))
