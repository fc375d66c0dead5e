"""A bus and its rules: orders to a queue, failed payments to a topic, findings to a function, and one every hour."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any, NamedTuple

import pytest

from catalog.configurations import bodies, policy, queue_arn, role
from foulweather.testing import Aws

BUS = "shop"
ORDERS = {"source": ["shop"], "detail-type": ["order.created"], "detail": {"total": [{"numeric": [">", 0]}]}}
PAYMENTS = {"source": ["shop"], "detail-type": ["payment.failed"], "detail": {"test": [{"exists": False}]}}
FINDINGS = {"source": ["guard"], "detail": {"severity": [{"numeric": [">=", 7]}], "type": [{"prefix": "Recon:"}]}}
CODE = """
def handler(event, context):
    print("FOUND " + event["detail"]["type"])
"""


class Shop(NamedTuple):
    aws: Aws
    events: Any
    sqs: Any
    queues: dict[str, str]

    def rule(self, name: str, pattern: dict[str, Any]) -> str:
        text = json.dumps(pattern)
        return self.events.put_rule(Name=name, EventBusName=BUS, EventPattern=text)["RuleArn"]

    def target(self, rule: str, arn: str, bus: str = BUS, **more: Any) -> None:
        target = {"Id": "1", "Arn": arn, **more}
        assert self.events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])["FailedEntryCount"] == 0

    def queue(self, name: str, *rules: str) -> str:
        """A queue's ARN, to which rules may send."""
        url = self.queues[name] = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = queue_arn(self.sqs, url)
        if rules:
            document = policy(allowed("sqs:SendMessage", arn, *rules))
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        return arn

    def put(self, kind: str, detail: dict[str, Any], source: str = "shop") -> None:
        entry = {"EventBusName": BUS, "Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        self.aws.advance("2s")

    def received(self, name: str) -> list[Any]:
        return [json.loads(body) for body in bodies(self.sqs, self.queues[name])]


def allowed(action: str, arn: str, *rules: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": list(rules)}},
    }


@pytest.fixture
def shop(aws: Aws) -> Shop:
    events = aws.client("events")
    events.create_event_bus(Name=BUS)
    return Shop(aws, events, aws.client("sqs"), {})


def test_orders_reach_the_queue(shop: Shop) -> None:
    shop.target("orders", shop.queue("orders", shop.rule("orders", ORDERS)))
    shop.put("order.created", {"total": 12.5})
    shop.put("order.created", {"total": 0})
    shop.put("payment.failed", {"total": 3})
    assert [event["detail"] for event in shop.received("orders")] == [{"total": 12.5}]


def test_failed_payments_reach_people_through_the_topic(shop: Shop) -> None:
    sns = shop.aws.client("sns")
    topic = sns.create_topic(Name="payments")["TopicArn"]
    rule = shop.rule("payments", PAYMENTS)
    document = policy(allowed("sns:Publish", topic, rule))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    inbox = shop.queue("people")
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    attributes = {"Policy": policy({**send, "Resource": inbox})}
    shop.sqs.set_queue_attributes(QueueUrl=shop.queues["people"], Attributes=attributes)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox, Attributes={"RawMessageDelivery": "true"})
    template = '"The payment of order <order> failed: <reason>."'
    paths = {"order": "$.detail.order", "reason": "$.detail.reason"}
    shop.target("payments", topic, InputTransformer={"InputPathsMap": paths, "InputTemplate": template})
    shop.put("payment.failed", {"order": 7, "reason": "card expired"})
    shop.put("payment.failed", {"order": 8, "reason": "none", "test": True})
    assert shop.received("people") == ["The payment of order 7 failed: card expired."]


def test_findings_invoke_the_function_once_its_policy_lets_the_rule(shop: Shop) -> None:
    aws, functions = shop.aws, shop.aws.client("lambda")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("app.py", CODE)
    write = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    arn = functions.create_function(
        FunctionName="respond",
        Role=role(aws, "respond", {"Service": "lambda.amazonaws.com"}, write),
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    aws.advance("1m")
    rule, dead = shop.rule("findings", FINDINGS), shop.queue("dead")
    shop.sqs.set_queue_attributes(
        QueueUrl=shop.queues["dead"], Attributes={"Policy": policy(allowed("sqs:SendMessage", dead, rule))}
    )
    shop.target("findings", arn, DeadLetterConfig={"Arn": dead})
    shop.put("finding", {"severity": 8, "type": "Recon:EC2"}, "guard")
    assert len(shop.received("dead")) == 1  # nobody has let the rule invoke the function
    functions.add_permission(
        FunctionName="respond",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    shop.put("finding", {"severity": 2, "type": "Recon:S3"}, "guard")
    shop.put("finding", {"severity": 9, "type": "Recon:IAM"}, "guard")
    aws.advance("1m")
    lines = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/respond", filterPattern="FOUND")["events"]
    assert [line["message"].strip() for line in lines] == ["FOUND Recon:IAM"]


def test_a_rule_runs_every_hour(shop: Shop) -> None:
    rule = shop.events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")["RuleArn"]
    shop.target("hourly", shop.queue("hourly", rule), "default")
    shop.aws.advance("3h")
    assert [event["detail-type"] for event in shop.received("hourly")] == ["Scheduled Event"] * 3


@pytest.mark.parametrize(
    ("pattern", "kind", "detail", "is_met"),
    [
        (ORDERS, "order.created", {"total": 1}, True),
        (ORDERS, "order.created", {"total": -1}, False),
        (ORDERS, "order.changed", {"total": 1}, False),
        (PAYMENTS, "payment.failed", {}, True),
        (PAYMENTS, "payment.failed", {"test": False}, False),
    ],
)
def test_the_patterns_match_what_they_should(
    shop: Shop, pattern: dict[str, Any], kind: str, detail: dict[str, Any], is_met: bool
) -> None:
    event = {"id": "1", "account": shop.aws.account, "source": "shop", "time": "2026-01-01T00:00:00Z",
             "region": "us-east-1", "resources": [], "detail-type": kind, "detail": detail}  # fmt: skip
    tested = shop.events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
    assert tested["Result"] is is_met


def test_what_the_target_does_not_take_is_in_the_dead_letter_queue_with_the_reason(shop: Shop) -> None:
    rule = shop.rule("orders", ORDERS)
    gone = shop.queue("gone", rule)
    shop.target("orders", gone, DeadLetterConfig={"Arn": shop.queue("dead", rule)})
    shop.sqs.delete_queue(QueueUrl=shop.queues["gone"])
    shop.put("order.created", {"total": 5})
    received = shop.sqs.receive_message(QueueUrl=shop.queues["dead"], MessageAttributeNames=["All"])
    (message,) = received["Messages"]
    assert json.loads(message["Body"])["detail"] == {"total": 5}
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (said["RULE_ARN"], said["TARGET_ARN"]) == (rule, gone)
    assert said["ERROR_CODE"]
    assert said["ERROR_MESSAGE"]
