"""AWS services behind routes of HTTP APIs: called with what is mapped, in the integration's role."""

from __future__ import annotations

import base64
import json
from typing import Any

from services.apigateway.http.opened import Shop
from services.apigateway.rest.served import told

TRUST = {"Effect": "Allow", "Principal": {"Service": ["apigateway.amazonaws.com", "states.amazonaws.com"]}}
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def made_role(shop: Shop, *actions: str) -> str:
    """A role that API Gateway may assume, and what it may do."""
    iam = shop.web.aws.iam
    document = {"Version": "2012-10-17", "Statement": [{**TRUST, "Action": "sts:AssumeRole"}]}
    made = iam.create_role({"RoleName": "gate", "AssumeRolePolicyDocument": json.dumps(document)})
    if actions:
        allow(shop, *actions)
    return made["Role"]["Arn"]


def allow(shop: Shop, *actions: str) -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shop.web.aws.iam.put_role_policy({"RoleName": "gate", "PolicyName": "own", "PolicyDocument": policy})


def behind(shop: Shop, subtype: str, role: str, parameters: dict[str, str]) -> str:
    return shop.integration(IntegrationSubtype=subtype, CredentialsArn=role, RequestParameters=parameters)


async def posted(shop: Shop, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    response = await shop.ask("POST", path, {"Content-Type": "application/json"}, json.dumps(body).encode())
    return response.status, told(response)


async def test_a_service_is_called_in_the_integrations_role(shop: Shop) -> None:
    aws = shop.web.aws
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = aws.iam.create_role({"RoleName": "gate", "AssumeRolePolicyDocument": document})["Role"]["Arn"]
    url = aws.sqs.create_queue({"QueueName": "q"})["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody": "$request.body.text", "MessageGroupId": "$request.header.none"}
    shop.route(
        "POST /",
        shop.integration(IntegrationSubtype="SQS-SendMessage", CredentialsArn=arn, RequestParameters=parameters),
    )
    entry = {"Detail": "$request.body.detail", "DetailType": "made", "Source": "shop", "Resources": '["a", "b"]'}
    events = shop.integration(IntegrationSubtype="EventBridge-PutEvents", CredentialsArn=arn, RequestParameters=entry)
    shop.route("POST /events", events)
    denied = await shop.ask("POST", "/", {}, b'{"text": "hello"}')
    assert denied.status == 403
    allow = {"Effect": "Allow", "Action": ["sqs:SendMessage", "events:PutEvents"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.iam.put_role_policy({"RoleName": "gate", "PolicyName": "own", "PolicyDocument": policy})
    sent = await shop.ask("POST", "/", {}, b'{"text": "hello"}')
    assert (sent.status, b"<SendMessageResult>" in sent.body) == (200, True)
    (message,) = aws.sqs.receive_message({"QueueUrl": url})["Messages"]
    assert message["Body"] == "hello"
    put = await shop.ask("POST", "/events", {}, b'{"detail": {"n": 1}}')
    assert (put.status, told(put)["FailedEntryCount"]) == (200, 0)


async def test_a_queue_is_read_and_emptied(shop: Shop) -> None:
    role = made_role(shop, "sqs:*")
    sqs = shop.web.aws.sqs
    url = sqs.create_queue({"QueueName": "q"})["QueueUrl"]
    attributes = '{"color": {"DataType": "String", "StringValue": "red"}}'
    sending = {"QueueUrl": url, "MessageBody": "hello", "MessageAttributes": attributes, "DelaySeconds": "0"}
    shop.route("POST /send", behind(shop, "SQS-SendMessage", role, sending))
    names = {"QueueUrl": url, "MessageAttributeNames": '["All"]', "MaxNumberOfMessages": "10"}
    shop.route("GET /receive", behind(shop, "SQS-ReceiveMessage", role, names))
    gone = {"QueueUrl": url, "ReceiptHandle": "$request.querystring.handle"}
    shop.route("POST /delete", behind(shop, "SQS-DeleteMessage", role, gone))
    assert (await shop.ask("POST", "/send")).status == 200
    received = (await shop.ask("GET", "/receive")).body.decode()
    assert "<Body>hello</Body>" in received
    assert "<StringValue>red</StringValue>" in received
    handle = received.partition("<ReceiptHandle>")[2].partition("<")[0]
    assert (await shop.ask("POST", f"/delete?handle={handle.replace('+', '%2B')}")).status == 200
    assert (await shop.ask("POST", "/delete")).status == 400, "what is not mapped, SQS asks for"


async def test_workflows_and_streams_are_fed(shop: Shop) -> None:
    aws = shop.web.aws
    role = made_role(shop, "states:*", "kinesis:*", "logs:*")
    machine = {"definition": PASS, "roleArn": role}
    standard = aws.stepfunctions.create_state_machine({**machine, "name": "one"})["stateMachineArn"]
    express = aws.stepfunctions.create_state_machine({**machine, "name": "two", "type": "EXPRESS"})["stateMachineArn"]
    asked = {"Input": "$request.body"}
    starting = {**asked, "StateMachineArn": standard}
    shop.route("POST /start", behind(shop, "StepFunctions-StartExecution", role, starting))
    shop.route(
        "POST /sync", behind(shop, "StepFunctions-StartSyncExecution", role, {**asked, "StateMachineArn": express})
    )
    status, started = await posted(shop, "/start", {"n": 1})
    assert (status, standard.replace(":stateMachine:", ":execution:") in started["executionArn"]) == (200, True)
    status, answered = await posted(shop, "/sync", {"n": 1})
    assert (status, answered["status"], json.loads(answered["output"])) == (200, "SUCCEEDED", {"n": 1})
    aws.kinesis.create_stream({"StreamName": "s", "ShardCount": 1})
    await aws.advance(seconds=60)
    data = {"StreamName": "s", "Data": "$request.body.data", "PartitionKey": "$request.body.key"}
    shop.route("POST /put", behind(shop, "Kinesis-PutRecord", role, data))
    status, put = await posted(shop, "/put", {"data": base64.b64encode(b"x").decode(), "key": "k"})
    assert (status, put["ShardId"]) == (200, "shardId-000000000000")
