"""Other services behind methods: their own protocols, as the integration's role."""

from __future__ import annotations

import json
from typing import Any

from services.apigateway.rest.served import Web, header, method, told

ROLE = "arn:aws:iam::111122223333:role/gateway"
ANSWERS: dict[str, Any] = {
    "200": {"statusCode": "200"},
    "400": {"statusCode": "400", "selectionPattern": "4\\d{2}"},
}


def role(web: Web, *actions: str, trusts: str = "apigateway.amazonaws.com") -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": trusts}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    web.aws.iam.create_role({"RoleName": "gateway", "AssumeRolePolicyDocument": document})
    allow = {"Effect": "Allow", "Action": list(actions) or "none:None", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    web.aws.iam.put_role_policy({"RoleName": "gateway", "PolicyName": "p", "PolicyDocument": policy})


def integration(uri: str, **more: Any) -> dict[str, Any]:
    held = {"type": "AWS", "httpMethod": "POST", "uri": f"arn:aws:apigateway:us-east-1:{uri}", "credentials": ROLE}
    return method({**held, "integrationResponses": ANSWERS, **more})


async def test_a_queue_by_its_path_and_a_form(web: Web) -> None:
    role(web, "sqs:SendMessage")
    url = web.aws.sqs.create_queue({"QueueName": "q"})["QueueUrl"]
    held = integration(
        "sqs:path/111122223333/q",
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    )
    web.api({"/": {"POST": held}})
    response = await web.ask("POST", "", {}, b'{"order": "a&b"}')
    assert (response.status, b"SendMessageResponse" in response.body) == (200, True)
    assert web.aws.sqs.receive_message({"QueueUrl": url})["Messages"][0]["Body"] == '{"order": "a&b"}'
    assert ":assumed-role/gateway/" in web.aws.events("sqs.MessageSent")[0].principal


async def test_a_queue_by_its_action_and_query_parameters(web: Web) -> None:
    role(web, "sqs:SendMessage")
    url = web.aws.sqs.create_queue({"QueueName": "q"})["QueueUrl"]
    held = integration(
        "sqs:action/SendMessage",
        requestParameters={
            "integration.request.querystring.QueueUrl": f"'{url}'",
            "integration.request.querystring.MessageBody": "method.request.body",
        },
    )
    web.api({"/": {"POST": held}})
    assert (await web.ask("POST", "", {}, b"hello")).status == 200
    assert web.aws.sqs.receive_message({"QueueUrl": url})["Messages"][0]["Body"] == "hello"


async def test_a_topic_by_its_action(web: Web) -> None:
    role(web, "sns:Publish")
    arn = web.aws.sns.create_topic({"Name": "t"})["TopicArn"]
    mapped = {
        "integration.request.querystring.TopicArn": f"'{arn}'",
        "integration.request.querystring.Message": "method.request.querystring.m",
    }
    web.api({"/": {"POST": integration("sns:action/Publish", requestParameters=mapped)}})
    assert b"PublishResponse" in (await web.ask("POST", "?m=hi")).body


async def test_a_table_by_its_action_and_json(web: Web) -> None:
    role(web, "dynamodb:PutItem", "dynamodb:GetItem")
    web.aws.dynamodb.create_table(
        {
            "TableName": "orders",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
    )
    await web.aws.advance(seconds=30)
    put = '{"TableName": "orders", "Item": {"id": {"S": "$input.params(\'id\')"}, "n": {"N": "$input.path(\'$.n\')"}}}'
    get = '{"TableName": "orders", "Key": {"id": {"S": "$input.params(\'id\')"}}}'
    answer = {
        "200": {"statusCode": "200", "responseTemplates": {"application/json": "{\"n\": $input.path('$.Item.n.N')}"}},
        "400": ANSWERS["400"],
    }
    web.api(
        {
            "/{id}": {
                "PUT": integration("dynamodb:action/PutItem", requestTemplates={"application/json": put}),
                "GET": integration(
                    "dynamodb:action/GetItem", requestTemplates={"application/json": get}, integrationResponses=answer
                ),
            }
        }
    )
    assert (await web.ask("PUT", "/a", {}, b'{"n": 7}')).status == 200
    assert told(await web.ask("GET", "/a")) == {"n": 7}


async def test_an_object_by_its_path(web: Web) -> None:
    role(web, "s3:PutObject", "s3:GetObject")
    web.aws.s3.create_bucket({"Bucket": "files"})
    mapped = {"integration.request.path.key": "method.request.path.key"}
    kind = {"method.response.header.Content-Type": "integration.response.header.Content-Type"}
    web.api(
        {
            "/{key}": {
                "PUT": integration("s3:path/files/{key}", httpMethod="PUT", requestParameters=mapped),
                "GET": integration(
                    "s3:path/files/{key}",
                    httpMethod="GET",
                    requestParameters=mapped,
                    integrationResponses={"200": {"statusCode": "200", "responseParameters": kind}},
                ),
            }
        }
    )
    assert (await web.ask("PUT", "/a", {"Content-Type": "text/plain"}, b"hello")).status == 200
    response = await web.ask("GET", "/a")
    assert (response.status, response.body, header(response, "content-type")) == (200, b"hello", "text/plain")


async def test_what_the_role_may_not_do_comes_back_as_the_services_own_refusal(web: Web) -> None:
    role(web)
    web.aws.sqs.create_queue({"QueueName": "q"})
    held = integration(
        "sqs:path/111122223333/q", requestParameters={"integration.request.querystring.Action": "'PurgeQueue'"}
    )
    web.api({"/": {"POST": held}})
    response = await web.ask("POST", "")
    assert (response.status, b"AccessDenied" in response.body) == (400, True)


async def test_a_role_that_cannot_be_assumed_is_a_500_with_the_trust_policy_as_its_reason(web: Web) -> None:
    role(web, "sqs:*", trusts="lambda.amazonaws.com")
    web.api({"/": {"POST": integration("sqs:path/111122223333/q")}})
    response = await web.ask("POST", "")
    assert (response.status, told(response)) == (500, {"message": "Internal server error"})
    assert "cannot assume the role" in web.why().cause
    assert web.why().because


async def test_an_action_that_is_not_built_says_so_whatever_the_mappings(web: Web) -> None:
    role(web, "*")
    held = integration("batch:path/v1/submitjob", integrationResponses={"200": {"statusCode": "200"}})
    web.api({"/": {"POST": held}})
    response = await web.ask("POST", "", {}, b'{"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}')
    assert response.status == 501
    assert "does not implement batch" in told(response)["message"]
