"""Calculators of whole platforms: the sum of their parts."""

from __future__ import annotations

from foulweather.drilling.calculators.calculator import (
    Calculator,
    Correction,
    Example,
    Item,
    output,
    step,
)
from foulweather.drilling.calculators.databases import PRICED_ON
from foulweather.drilling.calculators.inputs import Input, count, hours, quantity


def planned(default: str, help: str) -> Input:
    """The rows of somebody's plan."""
    return Input(name="plan", kind="amounts", default=default, help=help, unit="USD")


SERVERLESS_BACKEND_COST = Calculator(
    id="calc-serverless-backend-cost",
    title="Serverless backend",
    answers="What an API with Lambda, DynamoDB and S3 behind it costs a month.",
    inputs=(
        count("requests", 1_000_000, "API requests; each runs one function and writes one item", "requests"),
        quantity("storage_gb", "100", "in S3 Standard", "GB"),
        quantity(
            "duration_ms", "100", "average duration of the function (0 leaves the compute out)", "ms", "0", "900000"
        ),
        count("memory_mb", 128, "the function's memory", "MB", 128, 10_240),
        PRICED_ON,
    ),
    prices={
        "api_price": Item("apigateway", "rest-request"),
        "request_price": Item("lambda", "request"),
        "gb_s_price": Item("lambda", "gb-second-x86_64"),
        "write_price": Item("dynamodb", "write-request-unit"),
        "storage_price": Item("s3", "standard-gb-month"),
    },
    steps=(
        output("api_cost", "tiered(api_price, requests)", "USD", "API Gateway (REST)"),
        output("lambda_request_cost", "requests × request_price", "USD", "Lambda requests"),
        output(
            "lambda_compute_cost",
            "tiered(gb_s_price, requests × duration_ms ÷ 1000 × memory_mb ÷ 1024)",
            "USD",
            "Lambda compute",
        ),
        output("dynamodb_cost", "requests × write_price", "USD", "DynamoDB, on-demand writes of up to 1 KB"),
        output("s3_cost", "tiered(storage_price, storage_gb)", "USD", "S3"),
        output(
            "total",
            "api_cost + lambda_request_cost + lambda_compute_cost + dynamodb_cost + s3_cost",
            "USD",
            "Total a month",
        ),
    ),
    assumptions=(
        "No free tier is taken off.",
        "Not counted: reads, logs (often the largest row), data transfer.",
    ),
    sources=(
        "https://aws.amazon.com/api-gateway/pricing/",
        "https://aws.amazon.com/lambda/pricing/",
        "https://aws.amazon.com/dynamodb/pricing/",
        "https://aws.amazon.com/s3/pricing/",
    ),
    corrections=(
        Correction(
            "$7.25 for 1 million requests and 100 GB",
            "$6.83 with 100 ms of 128 MB",
            "DynamoDB's on-demand writes cost half since November 2024 ($6.63), and the compute ($0.21) was missing",
        ),
    ),
    examples=(
        Example(
            "1 million requests, with the prices before November 2024 and without compute",
            {"duration_ms": "0", "priced_on": "2024-10-31"},
            {
                "api_cost": "$3.50",
                "lambda_request_cost": "$0.20",
                "dynamodb_cost": "$1.25",
                "s3_cost": "$2.30",
                "total": "$7.25",
            },
        ),
        Example("The same today", {"duration_ms": "0"}, {"dynamodb_cost": "$0.625", "total": "$6.63"}),
        Example("The same today, with its compute", {}, {"lambda_compute_cost": "$0.2083", "total": "$6.83"}),
    ),
)

MULTIREGION_COST = Calculator(
    id="calc-multiregion-cost",
    title="Multi-Region platform",
    answers="What a global platform was planned to cost, and what its rows cost by the price book.",
    inputs=(
        planned("850 + 1250 + 1800 + 900 + 1750 + 100 + 250 + 450", "the rows of the plan"),
        quantity("cloudfront_gb", "10000", "from CloudFront to viewers", "GB"),
        quantity("s3_gb", "50000", "in S3 Standard", "GB"),
        quantity("dynamodb_per_month", "1800", "DynamoDB global tables, as planned", "USD"),
        count("lambda_requests", 500_000_000, "Lambda requests", "requests"),
        quantity("duration_ms", "100", "their average duration", "ms", "1", "900000"),
        count("memory_mb", 1024, "their memory", "MB", 128, 10_240),
        count("api_requests", 500_000_000, "REST API requests", "requests"),
        quantity("other_per_month", "800", "Route 53 and the plan's last two rows, as planned", "USD"),
    ),
    prices={
        "cloudfront_price": Item("cloudfront", "transfer-us-gb"),
        "s3_price": Item("s3", "standard-gb-month"),
        "request_price": Item("lambda", "request"),
        "gb_s_price": Item("lambda", "gb-second-x86_64"),
        "api_price": Item("apigateway", "rest-request"),
    },
    steps=(
        output("planned_total", "sum(plan)", "USD", "The plan a month"),
        output("cloudfront_cost", "tiered(cloudfront_price, cloudfront_gb)", "USD", "CloudFront"),
        output("s3_cost", "tiered(s3_price, s3_gb)", "USD", "S3 storage"),
        output(
            "lambda_cost",
            "lambda_requests × request_price"
            " + tiered(gb_s_price, lambda_requests × duration_ms ÷ 1000 × memory_mb ÷ 1024)",
            "USD",
            "Lambda",
        ),
        output("api_cost", "tiered(api_price, api_requests)", "USD", "API Gateway (REST)"),
        output(
            "total",
            "cloudfront_cost + s3_cost + dynamodb_per_month + lambda_cost + api_cost + other_per_month",
            "USD",
            "Priced anew a month",
        ),
        output("difference", "total − planned_total", "USD", "Against the plan"),
    ),
    assumptions=(
        "DynamoDB, Route 53 and the last two rows are as planned: their quantities are not given.",
        "All of the traffic and storage is priced in one Region; the plan's S3 row may hold requests as well.",
        "No free tier is taken off (CloudFront's 1 TB would be $87).",
    ),
    sources=(
        "https://aws.amazon.com/cloudfront/pricing/",
        "https://aws.amazon.com/s3/pricing/",
        "https://aws.amazon.com/lambda/pricing/",
        "https://aws.amazon.com/api-gateway/pricing/",
    ),
    corrections=(
        Correction("$1,750 for 500 million API requests", "$1,633.10", "beyond 333 million a million costs $2.80"),
        Correction("$1,250 for 50 TB in S3", "$1,150 for the storage", "50,000 × $0.023"),
        Correction("$900 for 500 million Lambda requests", "$933.34", "$100 for requests and $833.34 for compute"),
    ),
    examples=(
        Example(
            "The plan of $7,350",
            {},
            {
                "planned_total": "$7,350",
                "cloudfront_cost": "$850",
                "s3_cost": "$1,150",
                "api_cost": "$1,633.10",
                "lambda_cost": "$933.34",
                "total": "$7,166.44",
            },
        ),
    ),
)

SECURITY_COST = Calculator(
    id="calc-security-cost",
    title="Security services",
    answers="What a plan for the security services adds up to, and what the metered ones cost by their usage.",
    inputs=(
        planned("650 + 200 + 300 + 50 + 800 + 150 + 100 + 50 + 25", "the rows of the plan"),
        count("accounts", 25, "accounts", "accounts", 1, 10_000),
        count("events", 0, "CloudTrail management events of an account that GuardDuty reads", "events"),
        quantity("flow_gb", "0", "VPC flow and DNS logs of an account that GuardDuty reads", "GB"),
        count("checks", 0, "Security Hub checks of an account", "checks"),
        count("buckets", 0, "buckets of an account that Macie watches", "buckets"),
        quantity("inspected_gb", "0", "data of an account that Macie inspects", "GB"),
        count("configuration_items", 0, "Config items recorded of an account", "items"),
        count("evaluations", 0, "Config rule evaluations of an account", "evaluations"),
    ),
    prices={
        "event_price": Item("guardduty", "management-event"),
        "flow_price": Item("guardduty", "flow-dns-gb"),
        "check_price": Item("securityhub", "check"),
        "bucket_price": Item("macie2", "bucket-month"),
        "inspection_price": Item("macie2", "inspected-gb"),
        "item_price": Item("config", "configuration-item"),
        "evaluation_price": Item("config", "rule-evaluation"),
    },
    steps=(
        output("planned_total", "sum(plan)", "USD", "The plan a month"),
        output("planned_per_account", "planned_total ÷ accounts", "USD", "The plan for each account"),
        output(
            "guardduty_cost",
            "accounts × (events × event_price + tiered(flow_price, flow_gb))",
            "USD",
            "GuardDuty, foundational",
        ),
        output("securityhub_cost", "accounts × tiered(check_price, checks)", "USD", "Security Hub checks"),
        output(
            "macie_cost",
            "accounts × (buckets × bucket_price + tiered(inspection_price, inspected_gb))",
            "USD",
            "Macie",
        ),
        output(
            "config_cost",
            "accounts × (configuration_items × item_price + tiered(evaluation_price, evaluations))",
            "USD",
            "Config",
        ),
        output("metered_total", "guardduty_cost + securityhub_cost + macie_cost + config_cost", "USD", "By usage"),
    ),
    assumptions=(
        "Every account uses as much as the others, in one Region; tiers are those of an account and Region.",
        "GuardDuty's protection plans, Inspector, WAF and Network Firewall are in the plan's rows only.",
        "Free trials (30 days) hide the cost of the first month.",
    ),
    sources=(
        "https://aws.amazon.com/guardduty/pricing/",
        "https://aws.amazon.com/security-hub/pricing/",
        "https://aws.amazon.com/macie/pricing/",
        "https://aws.amazon.com/config/pricing/",
    ),
    examples=(
        Example("The plan of $2,325", {}, {"planned_total": "$2,325", "planned_per_account": "$93"}),
        Example(
            "Ten accounts with a million events, 10 GB of flow logs and 50,000 checks each",
            {"accounts": "10", "events": "1M", "flow_gb": "10", "checks": "50000"},
            {"guardduty_cost": "$140", "securityhub_cost": "$500", "metered_total": "$640"},
        ),
    ),
)

MODERNIZATION_TCO = Calculator(
    id="calc-modernization-tco",
    title="Modernisation, total cost of ownership",
    answers="What a migration saves in its first year and afterwards.",
    inputs=(
        quantity("onprem_per_year", "500000", "on-premises cost that the migration takes away, a year", "USD", "1"),
        quantity(
            "onprem_full_per_year", "850000", "all on-premises items, before they were allocated in part", "USD", "1"
        ),
        quantity("aws_per_month", "10900", "on AWS, a month", "USD"),
        quantity("one_time", "69200", "the migration itself", "USD"),
    ),
    steps=(
        output("aws_per_year", "aws_per_month × 12", "USD", "On AWS, a year"),
        output("first_year", "aws_per_year + one_time", "USD", "First year, with the migration"),
        output("first_saving", "onprem_per_year − first_year", "USD", "Saved in the first year"),
        output("first_saving_percent", "first_saving ÷ onprem_per_year × 100", "%", "Saved in the first year"),
        output("later_saving", "onprem_per_year − aws_per_year", "USD", "Saved in each later year"),
        output("later_saving_percent", "later_saving ÷ onprem_per_year × 100", "%", "Saved in each later year"),
        output(
            "full_saving_percent",
            "(1 − aws_per_year ÷ onprem_full_per_year) × 100",
            "%",
            "Saved of all on-premises items, if all of them went",
        ),
    ),
    assumptions=(
        "Both sides are inputs: a saving is as good as the allocation behind it.",
        "RDS for SQL Server Enterprise, Multi-AZ, licence included, on db.r5.4xlarge costs far more than the $5,500 a"
        " month that plans put there: price it before believing a total.",
        "Not counted: people, training, running both sides at once.",
    ),
    sources=(
        "https://aws.amazon.com/rds/sqlserver/pricing/",
        "https://aws.amazon.com/fargate/pricing/",
    ),
    corrections=(
        Correction(
            "$500,000 a year on premises",
            "$850,000 for all items",
            "the items add up to more; $500,000 is a partial allocation",
        ),
    ),
    examples=(
        Example(
            "$10,900 a month against $500,000 a year",
            {},
            {
                "aws_per_year": "$130,800",
                "first_year": "$200,000",
                "first_saving": "$300,000",
                "first_saving_percent": "60 %",
                "later_saving": "$369,200",
                "later_saving_percent": "73.8 %",
            },
        ),
    ),
)

CICD_COST = Calculator(
    id="calc-cicd-cost",
    title="CI/CD",
    answers="What a delivery platform was planned to cost, with its builds and containers priced anew.",
    inputs=(
        planned("25 + 140 + 120", "the plan: builds, containers, everything else"),
        quantity("planned_builds", "25", "builds, as planned", "USD"),
        quantity("planned_containers", "140", "containers, as planned", "USD"),
        quantity("build_minutes", "500", "minutes on small Linux build machines", "minutes"),
        count("tasks", 6, "Fargate tasks, running all month", "tasks", 0, 100_000),
        quantity("vcpu", "0.5", "vCPU of each", "vCPU", "0.25", "16"),
        quantity("memory_gb", "1", "memory of each", "GB", "0.5", "120"),
        hours(),
    ),
    prices={
        "minute_price": Item("codebuild", "small-minute"),
        "vcpu_price": Item("fargate", "vcpu-hour"),
        "gb_price": Item("fargate", "gb-hour"),
    },
    steps=(
        output("planned_total", "sum(plan)", "USD", "The plan a month"),
        output("build_cost", "build_minutes × minute_price", "USD", "Builds, priced anew"),
        step("task_hour_cost", "vcpu × vcpu_price + memory_gb × gb_price", "USD", "An hour of a task"),
        output("container_cost", "tasks × hours × task_hour_cost", "USD", "Containers, priced anew"),
        output(
            "total",
            "planned_total − planned_builds − planned_containers + build_cost + container_cost",
            "USD",
            "The plan with both, a month",
        ),
    ),
    assumptions=(
        "Fargate on Linux and x86, no Savings Plan; CodeBuild's free 100 minutes are not taken off.",
        "The plan's other rows are taken as they stand.",
    ),
    sources=("https://aws.amazon.com/codebuild/pricing/", "https://aws.amazon.com/fargate/pricing/"),
    corrections=(
        Correction("$25 for 500 build minutes", "$2.50", "500 × $0.005"),
        Correction("$140 for six Fargate tasks of 0.5 vCPU and 1 GB", "$108.12", "6 × 730 hours × $0.024685"),
    ),
    examples=(
        Example(
            "The plan of $285",
            {},
            {
                "planned_total": "$285",
                "build_cost": "$2.50",
                "container_cost": "$108.12",
                "total": "$230.62",
            },
        ),
    ),
)
