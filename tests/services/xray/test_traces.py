"""Filter expressions, summaries, and the graph of services."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.xray.sent import Traces, call

HTTP = {
    "request": {"method": "POST", "url": "https://shop.example/v2/buy", "user_agent": "tests", "client_ip": "10.0.0.1"},
    "response": {"status": 503},
}


@pytest.fixture
def shop(traces: Traces) -> Traces:
    """Two traces: a request of a shop that fails by its payments, and one of a probe that is well."""
    table = {"table_name": "orders", "account_id": "111122223333"}
    pays = call("payments", 2, namespace="remote", fault=True)
    puts = call("DynamoDB", 3, namespace="aws", aws=table, error=True, throttle=True)
    asks = call("stock", 5, namespace="remote")
    local = call("work", 4, annotations={"order": 7, "vip": True}, subsegments=[puts, asks])
    shop = traces.segment(
        http=HTTP, fault=True, user="ann", annotations={"team": "a"}, origin="AWS::EC2::Instance",
        end_time=traces.aws.now / 1000 + 2,
        aws={"ec2": {"instance_id": "i-1", "availability_zone": "us-east-1a"}}, subsegments=[pays, local],
        cause={"exceptions": [{"id": "0" * 16, "message": "payment refused"}]},
    )  # fmt: skip
    stock = traces.segment("stock", 6, parent_id=asks["id"])
    probe = traces.segment("probe", 9, trace=2, http={"response": {"status": 200}})
    assert traces.put(shop, stock, probe) == []
    return traces


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("fault", ["shop"]),
        ("ok", ["probe"]),
        ("!fault", ["probe"]),
        ("NOT fault = true", ["probe"]),
        ("fault != true", ["probe"]),
        ("error", []),
        ('service("payments") { fault }', ["shop"]),
        ('service("stock") { fault }', []),
        ("service() { throttle }", ["shop"]),
        ('service(id(name: "orders", type: "AWS::DynamoDB::Table")) { error }', ["shop"]),
        ('service(id(account.id: "111122223333"))', ["shop"]),
        ('service(id(type: "AWS::S3::Bucket"))', []),
        ('edge("shop", "payments") { fault }', ["shop"]),
        ('edge("shop", "stock")', ["shop"]),
        ('edge("stock", "shop")', []),
        ('edge(id(type: "AWS::EC2::Instance"), "orders")', ["shop"]),
        ('service("orders") { inferred AND !root }', ["shop"]),
        ("http.status >= 500", ["shop"]),
        ("http.status = 200 OR http.status = 503", ["shop", "probe"]),
        ('http.method = "POST" AND http.url CONTAINS "/v2/"', ["shop"]),
        ('http.url BEGINSWITH "https://shop" http.url ENDSWITH "buy"', ["shop"]),
        ("responsetime > 1", ["shop"]),
        ("duration < 1", ["probe"]),
        ("ok !partial duration <3", ["probe"]),
        ('user = "ann"', ["shop"]),
        ('user != "ann"', ["probe"]),
        ("annotation[order] = 7", ["shop"]),
        ("annotation.order >= 8", []),
        ('annotation.team = "a" AND annotation[vip] = true', ["shop"]),
        ("!annotation[order]", ["probe"]),
        ('message CONTAINS "refused"', ["shop"]),
        ('availabilityzone = "us-east-1a" AND instance.id = "i-1"', ["shop"]),
        ('name = "probe"', ["probe"]),
        ("(fault OR ok) AND responsetime < 1", ["probe"]),
        ("fault AND ok OR ok", ["probe"]),
    ],
)  # fmt: skip
def test_filter_expressions(shop: Traces, expression: str, found: list[str]) -> None:
    assert sorted(each["EntryPoint"]["Name"] for each in shop.summaries(expression)) == sorted(found)


@pytest.mark.parametrize(
    "expression",
    ["fault =", "colour", "service(", 'edge("a")', "http.status = high", "fault)", "user > 1", "ok AND",
     "rootcause.fault", 'group.name = "none"', "annotation[]", '"shop"', "fault = 1", "#"],
)  # fmt: skip
def test_what_is_no_filter_expression_is_refused(shop: Traces, expression: str) -> None:
    with pytest.raises(AwsError) as refused:
        shop.summaries(expression)
    assert (refused.value.code, refused.value.message) == ("InvalidRequestException", "Invalid filter expression")


def test_a_summary_tells_of_the_root_and_of_all_services(shop: Traces) -> None:
    (found,) = shop.summaries("fault")
    assert (found["HasFault"], found["HasError"], found["HasThrottle"]) == (True, False, True)
    assert (found["Duration"], found["ResponseTime"]) == (2.0, 2.0)
    assert found["Http"] == {
        "HttpURL": "https://shop.example/v2/buy", "HttpMethod": "POST", "UserAgent": "tests", "ClientIp": "10.0.0.1",
        "HttpStatus": 503
    }  # fmt: skip
    assert found["Annotations"]["order"][0]["AnnotationValue"] == {"NumberValue": 7.0}
    assert found["Annotations"]["vip"][0]["AnnotationValue"] == {"BooleanValue": True}
    assert found["Users"][0]["UserName"] == "ann"
    assert [each["Name"] for each in found["ServiceIds"]] == ["shop", "stock", "payments", "orders"]
    assert found["EntryPoint"]["Type"] == "AWS::EC2::Instance"


def test_the_graph_has_a_client_the_services_and_those_inferred(shop: Traces) -> None:
    nodes = {(each["Name"], each.get("Type")): each for each in shop.graph()}
    names = {each["ReferenceId"]: each["Name"] for each in nodes.values()}
    client, server = nodes["shop", "client"], nodes["shop", "AWS::EC2::Instance"]
    assert [names[edge["ReferenceId"]] for edge in client["Edges"]] == ["shop"]
    assert sorted(names[edge["ReferenceId"]] for edge in server["Edges"]) == ["orders", "payments", "stock"]
    assert (server["State"], server["Root"], nodes["payments", "remote"]["State"]) == ("active", True, "unknown")
    assert server["SummaryStatistics"]["FaultStatistics"] == {"OtherCount": 1, "TotalCount": 1}
    throttled = nodes["orders", "AWS::DynamoDB::Table"]["SummaryStatistics"]
    assert throttled["ErrorStatistics"] == {"ThrottleCount": 1, "OtherCount": 0, "TotalCount": 1}
    graph = shop.aws.xray.get_trace_graph({"TraceIds": [shop.trace_id(2)]})["Services"]
    assert [each["Name"] for each in graph] == ["probe", "probe"]


def test_time_series_of_a_service_and_of_an_edge(shop: Traces) -> None:
    asked = {"StartTime": shop.aws.now - 60_000, "EndTime": shop.aws.now + 60_000}
    series = shop.aws.xray.get_time_series_service_statistics
    (edge,) = series({**asked, "EntitySelectorExpression": 'edge("shop", "payments")'})["TimeSeriesServiceStatistics"]
    assert edge["EdgeSummaryStatistics"]["FaultStatistics"]["TotalCount"] == 1
    (node,) = series({**asked, "EntitySelectorExpression": 'service("shop")', "Period": 300})[
        "TimeSeriesServiceStatistics"
    ]
    assert node["ServiceSummaryStatistics"]["TotalResponseTime"] == 2.0
    (all_edges,) = series(asked)["TimeSeriesServiceStatistics"]
    assert all_edges["EdgeSummaryStatistics"]["TotalCount"] == 3
    with pytest.raises(AwsError):
        series({**asked, "Period": 7})


def test_groups_choose_traces_and_are_named_in_expressions(aws: Aws, shop: Traces) -> None:
    made = aws.xray.create_group({"GroupName": "bad", "FilterExpression": "fault"})["Group"]
    assert [each["GroupName"] for each in aws.xray.get_groups({})["Groups"]] == ["Default", "bad"]
    assert [each["EntryPoint"]["Name"] for each in shop.summaries('group.name = "bad"')] == ["shop"]
    now = aws.now
    asked = {"StartTime": now - 60_000, "EndTime": now + 60_000, "GroupARN": made["GroupARN"]}
    assert "probe" not in {each["Name"] for each in aws.xray.get_service_graph(asked)["Services"]}
    aws.xray.update_group({"GroupName": "bad", "FilterExpression": "ok"})
    assert {each["Name"] for each in aws.xray.get_service_graph(asked)["Services"]} == {"probe"}
    for request in ({"GroupName": "bad"}, {"GroupName": "worse", "FilterExpression": "x y"}):
        with pytest.raises(AwsError) as refused:
            aws.xray.create_group(request)
        assert refused.value.code == "InvalidRequestException"
    aws.xray.delete_group({"GroupName": "bad"})
    with pytest.raises(AwsError):
        aws.xray.get_group({"GroupName": "bad"})


def test_a_time_range_has_a_limit_and_a_page_an_end(aws: Aws, traces: Traces) -> None:
    for more in ({"StartTime": aws.now + 90_000}, {"StartTime": aws.now - 25 * 3_600_000}):
        with pytest.raises(AwsError) as refused:
            traces.summaries(**more)
        assert refused.value.code == "InvalidRequestException"
    traces.put(*(traces.segment(number=n, trace=n) for n in range(1, 131)))
    asked = {"StartTime": aws.now - 60_000, "EndTime": aws.now + 60_000}
    first = aws.xray.get_trace_summaries(asked)
    rest = aws.xray.get_trace_summaries({**asked, "NextToken": first["NextToken"]})
    assert (len(first["TraceSummaries"]), len(rest["TraceSummaries"]), first["TracesProcessedCount"]) == (100, 30, 130)
    half = {"Sampling": True, "SamplingStrategy": {"Name": "FixedRate", "Value": 0.5}}
    assert 45 <= aws.xray.get_trace_summaries({**asked, **half})["TracesProcessedCount"] <= 85
