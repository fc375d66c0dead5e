"""Orders through an API and a function that has payments authorized; one alarm, on a machine's CPU; and a pager."""

from __future__ import annotations

import json
from typing import NamedTuple

from foulweather.drilling.documents import topic_may_send
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.api_probes import SELDOM
from foulweather.drilling.load.apis import ApiClient, rest_api, to_function, url_of
from foulweather.drilling.load.functions import function, function_arn, may
from foulweather.drilling.regular import Regular

API, ORDERS, PAYMENTS = "orders", "process-order", "authorize-payment"
TOPIC, PAGER, CPU, HOST = "on-call", "pager", "cpu-high", "erp-1"
ORDER_EVERY_MS = 30_000
PER_MIN = MINUTE_MS // ORDER_EVERY_MS
TENTH_MS = 10 * ORDER_EVERY_MS
"""Ten orders long; a partner who is away for one order's length of it fails one of ten."""
SLOW_MS = 6_000
PERIOD_MS = 5 * MINUTE_MS
ERRORS_FOR_MS, SLOW_FOR_MS = 15 * MINUTE_MS, 20 * MINUTE_MS
AUTHORIZES = "duration_ms = 60\ninit_ms = 200\nresponse = {authorized = true}\n"
TAKES_ORDERS = """
duration_ms = 80
init_ms = 300
response = {statusCode = 201, body = "{}"}

[[calls]]
service = "lambda_"
operation = "invoke"
request = {FunctionName = "authorize-payment", Payload = "{}"}
"""


class Plan(NamedTuple):
    """What befalls the partner while somebody waits for a check: one order, then one of ten, then one of ten slowly."""

    blip_ms: int
    errors_ms: int
    slow_ms: int


def plan(since_ms: int) -> Plan:
    """The plan of a check that was asked for at a time."""
    errors_ms = (since_ms + 19 * MINUTE_MS) // PERIOD_MS * PERIOD_MS
    return Plan(since_ms + 4 * MINUTE_MS, errors_ms, errors_ms + ERRORS_FOR_MS + 13 * MINUTE_MS)


def befalls(lab: Lab, at_ms: int, for_ms: int, delay_ms: int = 0) -> None:
    """Every tenth payment is refused for a while (or takes long): one of the partner's machines is ill."""
    for start_ms in range(at_ms, at_ms + for_ms, TENTH_MS):
        lab.at(start_ms + ORDER_EVERY_MS // 2, lambda: _away(lab, delay_ms))


def _away(lab: Lab, delay_ms: int) -> None:
    arn = function_arn(lab, PAYMENTS)
    how = {"kind": "slow", "delay_ms": delay_ms} if delay_ms else {"kind": "errors", "code": "ServiceException"}
    until_ms = lab.now_ms + ORDER_EVERY_MS
    lab.faults.add(**how, service="lambda", operation="Invoke", resource=arn, until_ms=until_ms, by="payments")


class Partner(Regular):
    """Has one order's bad luck now and then, and two bad times while somebody waits for a check."""

    IS_OURS = False
    EVERY_MS = 60 * MINUTE_MS
    planned_ms: int

    def start(self) -> None:
        """Nothing is planned yet."""
        self.planned_ms = 0
        super().start()

    def pause_ms(self) -> int:
        """Often, once somebody may ask."""
        return 3 * MINUTE_MS if self.lab.struck_at_ms else self.EVERY_MS

    def run(self) -> None:
        """Plan what befalls, once for each check."""
        since_ms = self.lab.settling_since(0)
        if since_ms == self.planned_ms:
            return
        self.planned_ms = since_ms
        told = plan(since_ms)
        befalls(self.lab, told.blip_ms, ORDER_EVERY_MS)
        befalls(self.lab, told.errors_ms, ERRORS_FOR_MS)
        befalls(self.lab, told.slow_ms, SLOW_FOR_MS, SLOW_MS)


class Machine(Regular):
    """The machine on which orders were taken before there was the API; its agent still tells its CPU."""

    RELEASABLE = ()
    EVERY_MS = 60 * MINUTE_MS

    def run(self) -> None:
        """Put one datapoint."""
        where = [{"Name": "host", "Value": HOST}]
        datum = {"MetricName": "cpu_usage_active", "Dimensions": where, "Value": 23.0, "Unit": "Percent"}
        self.lab.client("cloudwatch").put_metric_data(Namespace="CWAgent", MetricData=[datum])


class Page(NamedTuple):
    """What the topic told, and when."""

    at_ms: int
    alarm: str
    state: str


class Pager(Regular):
    """Whoever is on call: reads what the topic sends."""

    RELEASABLE = ()
    EVERY_MS = 10 * MINUTE_MS
    pages: list[Page]

    def start(self) -> None:
        """Begin with nothing heard."""
        self.pages = []
        super().start()

    def pause_ms(self) -> int:
        """Seldom while there is nothing to hear."""
        return self.EVERY_MS if self.lab.struck_at_ms else 18 * self.EVERY_MS

    def run(self) -> None:
        """Take what there is."""
        sqs, queue = self.lab.client("sqs"), self.lab.notes["pager"]
        asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["SentTimestamp"]}
        while messages := sqs.receive_message(**asked).get("Messages", []):
            for message in messages:
                told = json.loads(json.loads(message["Body"])["Message"])
                page = Page(int(message["Attributes"]["SentTimestamp"]), told["AlarmName"], told["NewStateValue"])
                self.pages = [*self.pages, page]
                self.say(f"{page.alarm} is {page.state}: {told['NewStateReason']}")
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def build(lab: Lab) -> None:
    """The API and its functions, the machine with its alarm, who is on call, who orders."""
    sqs, sns = lab.client("sqs"), lab.client("sns")
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    pager = sqs.create_queue(QueueName=PAGER)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=pager, Attributes={"Policy": topic_may_send(lab.queue_arn(PAGER), topic)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=lab.queue_arn(PAGER))
    lab.notes.update(topic=topic, pager=pager)
    function(lab, PAYMENTS, AUTHORIZES)
    function(lab, ORDERS, TAKES_ORDERS, may("lambda:InvokeFunction", function_arn(lab, PAYMENTS)), Timeout=15)
    api = rest_api(lab, API, {"/orders": {"post": to_function(lab, ORDERS)}})
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=CPU,
        Namespace="CWAgent",
        MetricName="cpu_usage_active",
        Dimensions=[{"Name": "host", "Value": HOST}],
        Statistic="Average",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=80.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    lab.add(Machine(lab, "erp"))
    lab.add(ApiClient(lab, "shop", url=url_of(api), arrivals=SELDOM, method="POST", path="/orders", body={"items": 1}))
    lab.add(Partner(lab, "partner"))
    lab.add(Pager(lab, "on-call"))
