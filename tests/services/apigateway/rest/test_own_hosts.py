"""HTTP integrations with hosts of the world itself: other APIs, function URLs, buckets, queues."""

from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.trace import Traces
from services.apigateway.rest.served import Web, header, method, told

OWN = "https://api1.execute-api.us-east-1.amazonaws.com/prod"


def to(uri: str, **more: Any) -> dict[str, Any]:
    """A method that passes everything on to an address."""
    return method({"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": uri, **more})


async def test_another_stage_is_asked_through_its_own_front_door(web: Web) -> None:
    web.api({"/": {"GET": to(f"{OWN}/inner")}, "/inner": {"GET": method()}, "/locked": {"GET": method()}})
    trace = "Root=1-65f00000-000000000000000000000001"
    response = await web.ask("GET", "/", {"X-Amzn-Trace-Id": trace})
    assert (response.status, told(response)) == (200, {"ok": True})
    asked = web.aws.world.state(Traces).find(header(response, "x-amzn-requestid"))
    assert asked is not None
    hops = asked.hops  # one trace: the visit, and the visit that it made
    assert [hop.resource.rpartition("/prod")[2] for hop in hops] == ["/GET/", "/GET/inner"]


async def test_what_the_other_refuses_is_the_answer(web: Web) -> None:
    web.api(
        {
            "/": {"GET": to(f"{OWN}/gone")},
            "/iam": {"GET": to(f"{OWN}/signed")},
            "/signed": {"GET": {**method(), "authorizationType": "AWS_IAM"}},
        }
    )
    response = await web.ask("GET", "/")
    assert (response.status, told(response)) == (403, {"message": "Missing Authentication Token"})
    assert (await web.ask("GET", "/iam")).status == 403


async def test_an_api_that_is_not_there_answers_as_aws_does(web: Web) -> None:
    web.api({"/": {"GET": to("https://nothing123.execute-api.us-east-1.amazonaws.com/prod")}})
    response = await web.ask("GET", "/")
    assert (response.status, told(response)) == (403, {"message": "Forbidden"})


async def test_apis_take_no_plain_http_and_websites_no_tls(web: Web) -> None:
    web.api(
        {
            "/api": {"GET": to(OWN.replace("https", "http"))},
            "/site": {"GET": to("https://site.s3-website-us-east-1.amazonaws.com/")},
        }
    )
    assert (await web.ask("GET", "/api")).status == 504
    assert "takes HTTPS connections only" in web.why().cause
    assert (await web.ask("GET", "/site")).status == 504


async def test_a_loop_ends_as_it_does_on_aws_by_a_time_out(web: Web) -> None:
    web.api({"/": {"GET": to(f"{OWN}/")}})
    response = await web.ask("GET", "/")
    assert (response.status, told(response)) == (504, {"message": "Endpoint request timed out"})
    trace = web.aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert any(hop.why is not None and "in a loop" in hop.why.cause for hop in trace.hops)


async def test_a_website_and_a_bucket_are_asked_as_a_visitor_does(web: Web) -> None:
    s3 = web.aws.s3
    s3.create_bucket({"Bucket": "site"})
    s3.put_object({"Bucket": "site", "Key": "index.html", "Body": b"<h1>here</h1>", "ContentType": "text/html"})
    s3.put_bucket_website({"Bucket": "site", "WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}})
    web.api(
        {
            "/site": {"GET": to("http://site.s3-website-us-east-1.amazonaws.com/")},
            "/{key}": {
                "GET": to(
                    "https://site.s3.us-east-1.amazonaws.com/{key}",
                    requestParameters={"integration.request.path.key": "method.request.path.key"},
                )
            },
        }
    )
    assert (await web.ask("GET", "/site")).status == 403
    assert (await web.ask("GET", "/index.html")).status == 403
    s3.delete_public_access_block({"Bucket": "site"})
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    s3.put_bucket_policy({"Bucket": "site", "Policy": policy})
    for path in ("/site", "/index.html"):
        response = await web.ask("GET", path)
        assert (response.status, response.body, header(response, "content-type")) == (
            200,
            b"<h1>here</h1>",
            "text/html",
        )


async def test_a_queue_is_asked_unsigned_and_refuses(web: Web) -> None:
    web.aws.sqs.create_queue({"QueueName": "orders"})
    uri = "https://sqs.us-east-1.amazonaws.com/123456789012/orders?Action=SendMessage&MessageBody=hi"
    web.api({"/": {"GET": to(uri)}})
    assert (await web.ask("GET", "/")).status == 403
