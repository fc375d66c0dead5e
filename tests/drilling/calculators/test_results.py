"""Numbers that a reader can check by hand: what each calculator gives, as corrected."""

from __future__ import annotations

from decimal import Decimal

import pytest

from foulweather.drilling.calculators import Answer, find
from foulweather.drilling.calculators.formula import Value


def run(id: str, **given: str) -> Answer:
    return find(id).run(given)


def number(answer: Answer, name: str, places: int = 2) -> Decimal:
    value: Value = answer.value(name)
    assert isinstance(value, Decimal)
    return round(value, places)


D = Decimal


def test_lambda_requests_alone_are_20_cents_a_million() -> None:
    answer = run("calc-lambda-cost", requests="1,000,000")
    assert answer.value("request_cost") == D("0.2")
    # 12,500 GB-s: the quoted 20 cents leave them out.
    assert number(answer, "total", 4) == D("0.4083")


def test_lambda_with_half_a_billion_requests_costs_933_not_900() -> None:
    answer = run("calc-lambda-cost", requests="500M", memory_mb="1024", duration_ms="100")
    assert answer.value("request_cost") == 100
    assert answer.value("gb_s") == 50_000_000
    assert answer.value("compute_cost") == D("833.335")
    assert answer.value("total") == D("933.335")


def test_lambda_free_tier_is_a_million_requests_and_400000_gb_s() -> None:
    answer = run("calc-lambda-cost", requests="500M", memory_mb="1024", free_tier="yes")
    assert answer.value("request_cost") == D("99.8")
    assert answer.value("gb_s_billed") == 49_600_000


def test_lambda_on_arm_costs_a_fifth_less() -> None:
    answer = run("calc-lambda-cost", requests="500M", memory_mb="1024", architecture="arm64")
    assert answer.value("compute_cost") == D("666.67")


def test_lambda_provisioned_concurrency_is_billed_idle_and_makes_runs_cheaper() -> None:
    idle = run("calc-lambda-cost", requests="0", memory_mb="1024", provisioned_concurrency="10", hours="1")
    assert idle.value("total") == 10 * 3600 * D("0.0000041667")
    busy = run("calc-lambda-cost", requests="1000", memory_mb="1024", provisioned_concurrency="10", hours="1")
    assert busy.value("compute_cost") == 100 * D("0.0000097222")


def test_a_thousand_requests_a_second_of_200_ms_are_200_at_once() -> None:
    answer = run("calc-lambda-cost", requests="3,600,000", duration_ms="200", hours="1")
    assert answer.shown("concurrency") == "200 concurrent executions"
    filled = next(each.filled for each in answer.steps if each.step.name == "concurrency")
    assert filled == "1,000 req/s × 200 ms ÷ 1,000"


def test_addresses_of_a_vpc_and_a_subnet() -> None:
    answer = run("calc-cidr", vpc="10.0.0.0/16", subnets="10.0.1.0/24")
    assert answer.value("vpc_addresses") == 65_536
    assert answer.value("usable_total") == 251
    assert answer.value("outside") == "none"
    assert answer.value("fits") == "yes"


def test_overlaps_are_found() -> None:
    answer = run("calc-cidr", vpc="10.0.0.0/16", subnets="", existing="10.0.10.0/24")
    assert answer.value("overlaps") == "10.0.0.0/16 and 10.0.10.0/24"
    assert answer.value("fits") == "no"
    clear = run("calc-cidr", vpc="10.0.0.0/16", subnets="10.0.1.0/24, 10.0.2.0/24", existing="10.1.0.0/16")
    assert (clear.value("overlaps"), clear.value("unassigned")) == ("none", 65_536 - 512)


def test_subnets_that_overlap_each_other_are_counted_once() -> None:
    answer = run("calc-cidr", subnets="10.0.0.0/24,10.0.0.0/25,10.0.0.0/24")
    assert answer.value("unassigned") == 65_536 - 256
    assert answer.value("fits") == "no"


@pytest.mark.parametrize(("proxy", "arriving", "fits"), [("no", 250, False), ("yes", 50, True)])
def test_connections_of_lambda_and_pools(proxy: str, arriving: int, fits: bool) -> None:
    answer = run("calc-db-connections", max_connections="100", proxy=proxy)
    assert answer.value("client_connections") == 50 * 1 + 20 * 10
    assert answer.value("database_connections") == arriving
    assert (answer.value("fits") == "yes") is fits


@pytest.mark.parametrize(
    ("engine", "memory_gib", "limit"),
    [
        ("mysql", "16", 17_179_869_184 // 12_582_880),
        ("mysql", "16", 1_365),
        ("postgres", "4", 450),
        ("postgres", "16", 1_802),
        ("postgres", "64", 5_000),
    ],
)
def test_default_connection_limits(engine: str, memory_gib: str, limit: int) -> None:
    assert run("calc-db-connections", engine=engine, memory_gib=memory_gib).value("limit") == limit


def test_dynamodb_provisioned() -> None:
    answer = run("calc-dynamodb-cost", reads_per_s="5000", writes_per_s="1000")
    assert answer.value("read_cost") == D("474.5")
    assert answer.value("write_cost") == D("474.5")
    # Reads need 5,000 ÷ 3,000 partitions.
    assert answer.value("partitions") == 2


@pytest.mark.parametrize(
    ("given", "rcu", "wcu"),
    [
        ({"item_kb": "4"}, 100, 400),
        ({"item_kb": "4.1"}, 200, 500),
        ({"item_kb": "8", "consistency": "eventual"}, 100, 800),
        ({"item_kb": "8", "consistency": "transactional", "transactional_writes": "yes"}, 400, 1_600),
        ({"item_kb": "1", "gsis": "2"}, 100, 300),
    ],
)
def test_dynamodb_units_round_up_by_item(given: dict[str, str], rcu: int, wcu: int) -> None:
    answer = run("calc-dynamodb-cost", reads_per_s="100", writes_per_s="100", **given)
    assert (answer.value("rcu"), answer.value("wcu")) == (rcu, wcu)


def test_dynamodb_partitions_follow_the_largest_of_three() -> None:
    given = {"reads_per_s": "6001", "writes_per_s": "3500", "storage_gb": "15"}
    assert run("calc-dynamodb-cost", **given).value("partitions") == 4
    assert run("calc-dynamodb-cost", **{**given, "storage_gb": "1000"}).value("partitions") == 100
    assert run("calc-dynamodb-cost").value("partitions") == 1


def test_dynamodb_on_demand_was_halved_in_november_2024() -> None:
    given = {"mode": "on-demand", "writes_per_s": "1000", "hours": "1"}
    assert run("calc-dynamodb-cost", **given).value("write_cost") == D("2.25")
    assert run("calc-dynamodb-cost", **given, priced_on="2024-10-31").value("write_cost") == D("4.5")


def test_dynamodb_storage_is_free_to_25_gb() -> None:
    assert run("calc-dynamodb-cost", storage_gb="25").value("storage_cost") == 0
    assert run("calc-dynamodb-cost", storage_gb="125").value("storage_cost") == 25


def test_s3_standard_and_a_lifecycle() -> None:
    assert run("calc-s3-cost", standard_gb="100").value("total") == D("2.3")
    answer = run("calc-s3-cost", standard_gb="0", new_gb_per_day="100")
    assert answer.value("storage_cost") == 3000 * D("0.023") + 6000 * D("0.0125") + 27_500 * D("0.0036")
    assert D(50) <= number(answer, "saving_percent") <= D(80)


def test_s3_standard_gets_cheaper_after_50_tb() -> None:
    assert run("calc-s3-cost", standard_gb="51300").value("standard_cost") == 51_200 * D("0.023") + 100 * D("0.022")


def test_nat_gateways_and_endpoints() -> None:
    answer = run("calc-nat-cost", gb="1000")
    assert (answer.value("hourly_cost"), answer.value("processing_cost")) == (D("32.85"), 45)
    assert answer.value("nat_total") == D("77.85")
    endpoints = run("calc-nat-cost", gateways="0", endpoints="2", endpoint_azs="2", endpoint_gb="100")
    assert endpoints.value("endpoint_hourly_cost") == D("29.2")
    assert endpoints.value("total") == D("30.2")
    # $7.30 is one endpoint in one zone.
    assert run("calc-nat-cost", gateways="0", endpoints="1").value("total") == D("7.3")


def test_traffic_between_zones_is_paid_on_both_sides() -> None:
    assert run("calc-nat-cost", gateways="0", cross_az_gb="100").value("cross_az_cost") == 2
    assert run("calc-data-transfer", az_gb="100").value("az_cost") == 2


@pytest.mark.parametrize(
    ("instance_type", "committed", "percent"),
    [("m5.xlarge", "90", 36), ("m5.xlarge", "84", 40), ("m5.xlarge", "56", 60)],
)
def test_commitments_for_m5_xlarge(instance_type: str, committed: str, percent: int) -> None:
    answer = run("calc-ri-savings-plan", instance_type=instance_type, committed_per_month=committed)
    assert answer.value("on_demand") == D("140.16")
    assert abs(number(answer, "saving_percent") - percent) < 1


@pytest.mark.parametrize(("committed", "percent"), [("110", "37.21"), ("100", "42.92"), ("67", "61.76")])
def test_commitments_for_db_r5_large(committed: str, percent: str) -> None:
    answer = run("calc-ri-savings-plan", on_demand_per_hour="0.24", committed_per_month=committed)
    assert answer.value("on_demand") == D("175.2")
    assert number(answer, "saving_percent") == D(percent)


def test_ten_m5_large_cost_701_not_1200() -> None:
    assert run("calc-ri-savings-plan", instance_type="m5.large", instances="10").value("on_demand") == D("700.8")


def test_a_commitment_pays_from_its_break_even_on() -> None:
    at = run("calc-ri-savings-plan", committed_per_month="70.08", utilisation_percent="50")
    assert (at.value("break_even_percent"), at.value("saving")) == (50, 0)
    below = run("calc-ri-savings-plan", committed_per_month="70.08", utilisation_percent="40")
    assert number(below, "saving") < 0


def test_nothing_used_saves_nothing() -> None:
    assert run("calc-ri-savings-plan", utilisation_percent="0").value("saving_percent") == 0


@pytest.mark.parametrize(("hours", "on", "saved"), [("12", 60, "64.3"), ("9", 45, "73.2")])
def test_schedules(hours: str, on: int, saved: str) -> None:
    answer = run("calc-schedule-savings", hours_per_day=hours, days_per_week="5", always_on_per_month="1000")
    assert answer.value("on_hours") == on
    assert number(answer, "saving_percent", 1) == D(saved)


def test_orphans() -> None:
    answer = run("calc-waste", volume_gb="50000", snapshot_gb="100000", addresses="1")
    assert (answer.value("volume_cost"), answer.value("snapshot_cost")) == (5_000, 5_000)
    assert answer.value("address_cost") == D("3.6")
    assert run("calc-waste", addresses="1", hours="730").value("total") == D("3.65")


def test_ten_terabytes_to_the_internet() -> None:
    assert run("calc-data-transfer", internet_gb="10240").value("total") == D("921.6")
    assert run("calc-data-transfer", internet_gb="10240", free_tier="yes").value("total") == D("912.6")
    assert run("calc-data-transfer", internet_gb="50", free_tier="yes").value("total") == 0


def test_other_paths() -> None:
    assert run("calc-data-transfer", region_gb="100").value("total") == 2
    assert run("calc-data-transfer", cloudfront_gb="1000").value("total") == 85


def test_logs() -> None:
    assert run("calc-logs-cost", gb_per_day="100").value("ingest_cost") == 1_500
    answer = run("calc-logs-cost", gb_per_day="100", stored_share="1", scanned_gb="1000")
    assert (answer.value("storage_cost"), answer.value("scan_cost")) == (90, 5)


@pytest.mark.parametrize(("kind", "idle"), [("application", "16.425"), ("classic", "18.25"), ("network", "16.425")])
def test_idle_load_balancers(kind: str, idle: str) -> None:
    assert run("calc-lb-cost", kind=kind).value("total") == D(idle)


def test_a_busy_load_balancer_and_its_cents() -> None:
    assert run("calc-lb-cost", lcus="10").value("capacity_cost") == D("58.4")
    assert run("calc-lb-cost").shown("total") == "$16.43"


@pytest.mark.parametrize(
    ("given", "cost", "seconds"),
    [({"tb": "1"}, "5", 45), ({"tb": "1", "format": "parquet-snappy"}, "0.5", 5), ({"tb": "10"}, "50", 450)],
)
def test_athena(given: dict[str, str], cost: str, seconds: int) -> None:
    answer = run("calc-athena-cost", **given)
    assert (answer.value("query_cost"), answer.value("query_s")) == (D(cost), seconds)


def test_serverless_backend_then_and_now() -> None:
    then = run("calc-serverless-backend-cost", duration_ms="0", priced_on="2024-10-31")
    parts = [then.value(name) for name in ("api_cost", "lambda_request_cost", "dynamodb_cost", "s3_cost")]
    assert parts == [D("3.5"), D("0.2"), D("1.25"), D("2.3")]
    assert then.value("total") == D("7.25")
    assert run("calc-serverless-backend-cost", duration_ms="0").value("total") == D("6.625")


def test_multiregion_platform() -> None:
    answer = run("calc-multiregion-cost")
    assert answer.value("planned_total") == 850 + 1_250 + 1_800 + 900 + 1_750 + 100 + 250 + 450 == 7_350
    # 333 million at $3.50 and 167 million at $2.80.
    assert answer.value("api_cost") == D("1633.1")
    assert answer.value("s3_cost") == 1_150
    assert answer.value("lambda_cost") == D("933.335")
    assert answer.value("total") == D("7166.435")


def test_security_services() -> None:
    assert run("calc-security-cost").value("planned_total") == 2_325
    answer = run("calc-security-cost", accounts="2", buckets="10", inspected_gb="5", evaluations="150000")
    assert answer.value("macie_cost") == 2 * (1 + 5)
    assert answer.value("config_cost") == 2 * (100 + 40)


def test_modernisation() -> None:
    answer = run("calc-modernization-tco")
    assert answer.value("aws_per_year") == 130_800
    assert (answer.value("first_year"), answer.value("first_saving")) == (200_000, 300_000)
    assert answer.value("first_saving_percent") == 60
    assert number(answer, "later_saving_percent", 0) == 74
    assert number(answer, "full_saving_percent", 1) == D("84.6")


def test_analytics_platform() -> None:
    answer = run("calc-bigdata-cost")
    assert answer.value("glue_cost") == 88
    assert answer.value("plan_corrected") == 21_455 - 880 + 88
    assert answer.value("streamed_gb") == 150_000
    assert answer.value("firehose_cost") == 4_350
    assert answer.value("optimised_per_year") == 168_000
    assert number(answer, "saving_percent", 0) == 66
    assert (answer.value("redshift_ram_gb"), answer.value("redshift_storage_tb")) == (480, 640)


def test_delivery_platform() -> None:
    answer = run("calc-cicd-cost")
    assert answer.value("planned_total") == 285
    assert answer.value("build_cost") == D("2.5")
    assert number(answer, "container_cost", 0) == 108
    assert number(answer, "total") == D("230.62")


@pytest.mark.parametrize(("paths", "cost"), [(0, 0), (1, 0), (1_000, 0), (1_001, "0.005"), (3_000, 10)])
def test_invalidations_are_priced_by_the_path(paths: int, cost: int | str) -> None:
    assert run("calc-cloudfront-invalidation", paths=str(paths)).value("total") == D(cost)


@pytest.mark.parametrize(
    ("rpo", "rto", "strategy"),
    [
        ("1h", "4h", "pilot light"),
        ("5m", "15m", "warm standby"),
        ("0", "0", "multi-site active/active"),
        ("24h", "24h", "backup and restore"),
        ("1d", "1d", "backup and restore"),
        ("0", "24h", "multi-site active/active"),
        ("24h", "5m", "multi-site active/active"),
    ],
)
def test_recovery_strategies(rpo: str, rto: str, strategy: str) -> None:
    assert run("calc-dr-strategy", rpo=rpo, rto=rto).value("strategy") == strategy


def test_a_recovery_budget_is_compared() -> None:
    given = {"rpo": "5m", "rto": "15m", "primary_per_month": "1000"}
    assert run("calc-dr-strategy", **given, budget_per_month="400").value("in_budget") == "yes"
    assert str(run("calc-dr-strategy", **given, budget_per_month="399").value("in_budget")).startswith("no")


@pytest.mark.parametrize(
    ("given", "days"),
    [({}, "74.07"), ({"utilisation_percent": "80"}, "92.59"), ({"mbps": "1000"}, "7.41")],
)
def test_transfer_times(given: dict[str, str], days: str) -> None:
    assert number(run("calc-transfer-time", **given), "days") == D(days)


def test_the_link_that_a_deadline_needs() -> None:
    assert number(run("calc-transfer-time"), "required_mbps", 0) == 529


def test_transfer_methods() -> None:
    answer = run("calc-migration-method")
    assert (answer.value("devices"), answer.value("devices_ordered")) == (1, 2)
    assert str(answer.value("method")).startswith("offline")
    assert run("calc-migration-method", tb="81").value("devices") == 2
    assert str(run("calc-migration-method", mbps="1000").value("method")).startswith("online")
    assert "retired" in str(run("calc-migration-method", tb="100001").value("method"))
    assert str(run("calc-migration-method", tb="100000").value("method")).startswith("offline")


@pytest.mark.parametrize(
    ("given", "shards"),
    [
        ({"tb_per_day": "5"}, 58),
        ({"records_per_day": "2G"}, 24),
        ({"tb_per_day": "5", "records_per_day": "2G"}, 58),
        ({"mb_per_s": "10", "consumers": "4"}, 20),
        ({"mb_per_s": "10", "peak_factor": "3"}, 30),
        ({}, 1),
    ],
)
def test_shards(given: dict[str, str], shards: int) -> None:
    assert run("calc-kinesis-shards", **given).value("shards") == shards


def test_a_stream_of_5_tb_a_day_brings_57_9_megabytes_a_second() -> None:
    assert number(run("calc-kinesis-shards", tb_per_day="5"), "in_mb_per_s", 1) == D("57.9")
    assert number(run("calc-kinesis-shards", records_per_day="2G"), "in_records_per_s", 0) == 23_148


def test_lambda_free_tier_does_not_cover_provisioned_concurrency() -> None:
    given = {"requests": "500M", "memory_mb": "1024", "provisioned_concurrency": "1", "hours": "1"}
    assert run("calc-lambda-cost", **given, free_tier="yes").value("request_cost") == 100
