"""OpenTelemetry: the spans of a sample application appear in X-Ray's list of traces. Managed Grafana is not built.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from catalog.configurations import policy, visit
from catalog.traced import summaries
from foulweather.testing import Aws

URL = "https://xray.us-east-1.amazonaws.com/v1/traces"
TRACE = "4efaaf4d1e8720b39541901950019ee5"
"""As OpenTelemetry makes it: random, with no time in it."""


def attribute(key: str, value: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue"}
    return {"key": key, "value": {kinds[type(value)]: value}}


def sample(aws: Aws, status: int = 200) -> dict[str, Any]:
    """What an exporter sends of one request: a server's span, and within it a call of a backend."""
    began = aws.now_ms * 1_000_000
    shared = {"traceId": TRACE, "startTimeUnixNano": str(began), "endTimeUnixNano": str(began + 250_000_000)}
    server = {
        **shared,
        "spanId": "00f067aa0ba902b7",
        "name": "GET /orders",
        "kind": 2,
        "attributes": [attribute("http.request.method", "GET"), attribute("http.response.status_code", status)],
    }
    client = {
        **shared,
        "spanId": "00f067aa0ba902b8",
        "parentSpanId": "00f067aa0ba902b7",
        "name": "charge",
        "kind": 3,
        "attributes": [attribute("server.address", "payments.example")],
        "status": {"code": 2, "message": "no answer"},
    }
    resource = {"attributes": [attribute("service.name", "shop")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [server, client]}]}]}


def seen(aws: Aws) -> None:
    aws.advance("1s")
    (found,) = summaries(aws)
    assert found["Id"] == f"1-{TRACE[:8]}-{TRACE[8:]}"
    assert found["Http"] == {"HttpMethod": "GET", "HttpStatus": 503}
    assert (found["HasFault"], found["Duration"]) == (True, 0.25)
    assert [each["Name"] for each in found["ServiceIds"]] == ["shop", "payments.example"]
    assert len(summaries(aws, 'edge("shop", "payments.example") { fault }')) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_spans_in_json_appear_in_the_list_of_traces(aws: Aws, packed: bool) -> None:
    body, more = json.dumps(sample(aws, 503)).encode(), {}
    if packed:
        body, more = gzip.compress(body), {"Content_Encoding": "gzip"}
    response = visit(aws, "POST", URL, body, Content_Type="application/json", **more)
    assert (response.status, json.loads(response.body)) == (200, {})
    seen(aws)


def test_spans_in_protobuf_do_too(aws: Aws) -> None:
    response = visit(aws, "POST", URL, encoded(sample(aws, 503), "Request"), Content_Type="application/x-protobuf")
    assert (response.status, response.body) == (200, b"")
    seen(aws)


def test_what_is_no_otlp_is_refused_and_what_is_no_span_left(aws: Aws) -> None:
    assert visit(aws, "GET", URL).status == 405
    assert visit(aws, "POST", URL, b"{}", Content_Type="text/plain").status == 415
    for body in (b"{", b"[]", b'{"resourceSpans": 1}', b'{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}'):
        assert visit(aws, "POST", URL, body, Content_Type="application/json").status == 400
    for body in (b"\xff", b"\x0a\x05", b"\x08\x01", b"\x0b"):
        assert visit(aws, "POST", URL, body, Content_Type="application/x-protobuf").status == 400
    backwards = sample(aws)
    backwards["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["endTimeUnixNano"] = "1"
    response = visit(aws, "POST", URL, json.dumps(backwards).encode(), Content_Type="application/json")
    assert json.loads(response.body)["partialSuccess"]["rejectedSpans"] == 1
    (kept,) = aws.client("xray").batch_get_traces(TraceIds=[f"1-{TRACE[:8]}-{TRACE[8:]}"])["Traces"]
    assert [each["Id"] for each in kept["Segments"]] == ["00f067aa0ba902b8"]


def test_a_signed_exporter_needs_the_permission(aws: Aws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="collector")
    key = iam.create_access_key(UserName="collector")["AccessKey"]
    body = json.dumps(sample(aws, 503)).encode()

    def sent() -> int:
        request = AWSRequest("POST", URL, {"Content-Type": "application/json"}, body)
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        SigV4Auth(credentials, "xray", "us-east-1").add_auth(request)
        headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
        return visit(aws, "POST", URL, body, **headers).status

    assert sent() == 403
    allow = policy({"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"})
    iam.put_user_policy(UserName="collector", PolicyName="traces", PolicyDocument=allow)
    assert sent() == 200
    seen(aws)


def test_managed_grafana_is_not_built_and_says_so(aws: Aws) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("grafana").list_workspaces()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


# --- a sample application's encoder: fields by number, of those messages that the sample has

NUMBERS = {
    "Request": {"resourceSpans": (1, "ResourceSpans")},
    "ResourceSpans": {"resource": (1, "Resource"), "scopeSpans": (2, "ScopeSpans")},
    "Resource": {"attributes": (1, "KeyValue")},
    "ScopeSpans": {"spans": (2, "Span")},
    "Span": {
        "traceId": (1, "hex"), "spanId": (2, "hex"), "parentSpanId": (4, "hex"), "name": (5, "text"),
        "kind": (6, "int"),
        "startTimeUnixNano": (7, "fixed"), "endTimeUnixNano": (8, "fixed"), "attributes": (9, "KeyValue"),
        "status": (15, "Status"),
    },
    "Status": {"message": (2, "text"), "code": (3, "int")},
    "KeyValue": {"key": (1, "text"), "value": (2, "AnyValue")},
    "AnyValue": {"stringValue": (1, "text"), "intValue": (3, "int")},
}  # fmt: skip


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def encoded(tree: dict[str, Any], message: str) -> bytes:
    made = b""
    for name, value in tree.items():
        number, kind = NUMBERS[message][name]
        for each in value if isinstance(value, list) else [value]:
            if kind == "int":
                made += varint(number << 3) + varint(each)
            elif kind == "fixed":
                made += varint(number << 3 | 1) + int(each).to_bytes(8, "little")
            else:
                text = (
                    bytes.fromhex(each) if kind == "hex" else each.encode() if kind == "text" else encoded(each, kind)
                )
                made += varint(number << 3 | 2) + varint(len(text)) + text
    return made
