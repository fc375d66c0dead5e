"""An order is worked on by a function, and the customer told of it; what goes wrong is tried again, then caught."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import bodies, policy, queue_arn, refused, role
from catalog.functions import modelled
from catalog.workflows import ended, entered, history, machine, started
from foulweather.testing import Aws

WELL = 'duration_ms = 200\nresponse = {state = "processed"}\n'
BADLY = 'duration_ms = 200\nerror_rate = 1.0\nerror_type = "CardDeclined"\nerror_message = "no funds"\n'


class Shop(NamedTuple):
    aws: Aws
    topic: str
    inbox: str

    def orders(self, model: str, **notify: Any) -> str:
        """The state machine ProcessOrder → Notify, with a function that goes well or badly."""
        function = modelled(self.aws, "ProcessOrder", model)
        parameters = {"TopicArn": self.topic, "Message.$": "States.Format('Order {} is {}.', $.order, $.result.state)"}
        retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 2, "BackoffRate": 2}
        states = {
            "ProcessOrder": {
                "Type": "Task",
                "Resource": function,
                "ResultPath": "$.result",
                "Retry": [retry],
                "Catch": [{"ErrorEquals": ["CardDeclined"], "ResultPath": "$.error", "Next": "Declined"}],
                "Next": "Notify",
            },
            "Notify": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": parameters,
                "ResultPath": None,
                "End": True,
                **notify,
            },
            "Declined": {"Type": "Pass", "Parameters": {"order.$": "$.order", "why.$": "$.error.Error"}, "End": True},
        }
        definition = {"StartAt": "ProcessOrder", "States": states}
        return machine(self.aws, "orders", definition, "lambda:InvokeFunction", "sns:Publish")


@pytest.fixture
def shop(aws: Aws) -> Shop:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="customers")["TopicArn"]
    url = sqs.create_queue(QueueName="customers")["QueueUrl"]
    arn = queue_arn(sqs, url)
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy({**send, "Resource": arn})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return Shop(aws, topic, url)


def test_an_order_passes_both_states_and_the_customer_hears_of_it(shop: Shop) -> None:
    execution = started(shop.aws, shop.orders(WELL), {"order": 7})
    told = ended(shop.aws, execution)
    assert (told["status"], told["output"]) == ("SUCCEEDED", {"order": 7, "result": {"state": "processed"}})
    assert entered(shop.aws, execution) == ["ProcessOrder", "Notify"]
    assert bodies(shop.aws.client("sqs"), shop.inbox) == ["Order 7 is processed."]


def test_a_function_that_fails_is_tried_again_and_then_goes_through_the_catch(shop: Shop) -> None:
    execution = started(shop.aws, shop.orders(BADLY), {"order": 8})
    told = ended(shop.aws, execution)
    assert (told["status"], told["output"]) == ("SUCCEEDED", {"order": 8, "why": "CardDeclined"})
    assert entered(shop.aws, execution) == ["ProcessOrder", "Declined"]
    failures = [event for event in history(shop.aws, execution) if event["type"] == "LambdaFunctionFailed"]
    assert [json.loads(event["lambdaFunctionFailedEventDetails"]["cause"])["errorMessage"] for event in failures] == [
        "no funds"
    ] * 3
    assert bodies(shop.aws.client("sqs"), shop.inbox) == []


def test_publishing_without_parameters_fails(shop: Shop) -> None:
    definition = shop.aws.client("stepfunctions").describe_state_machine(stateMachineArn=shop.orders(WELL))
    states = json.loads(definition["definition"])
    del states["States"]["Notify"]["Parameters"]
    bare = machine(shop.aws, "bare", states, "lambda:InvokeFunction", "sns:Publish")
    told = ended(shop.aws, started(shop.aws, bare, {"order": 9}))
    assert (told["status"], told["error"]) == ("FAILED", "States.Runtime")
    assert "is not supported by Step Functions" in told["cause"]
    why = shop.aws.why()
    assert why is not None
    assert any("in state 'Notify'" in hop.why.cause for hop in why.hops if hop.why is not None)


def test_a_definition_that_leads_nowhere_is_refused(shop: Shop) -> None:
    broken = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    trusted = role(shop.aws, "r", {"Service": "states.amazonaws.com"})
    error = refused(
        shop.aws.client("stepfunctions").create_state_machine,
        name="broken",
        definition=json.dumps(broken),
        roleArn=trusted,
    )
    assert error["Code"] == "InvalidDefinition"
