"""Calculators of compute: Lambda, commitments, shutdown schedules."""

from __future__ import annotations

from foulweather.drilling.calculators.calculator import (
    Calculator,
    Check,
    Correction,
    Example,
    Item,
    output,
    step,
)
from foulweather.drilling.calculators.inputs import choice, count, flag, hours, quantity

LAMBDA_COST = Calculator(
    id="calc-lambda-cost",
    title="Lambda cost",
    answers="What a month of a Lambda function's requests costs, and how many run at once on average.",
    inputs=(
        count("requests", 1_000_000, "requests in the month", "requests"),
        quantity("duration_ms", "100", "average billed duration of a request", "ms", "1", "900000"),
        count("memory_mb", 128, "the function's memory", "MB", 128, 10_240),
        choice("architecture", ("x86_64", "arm64"), "the function's architecture"),
        count("provisioned_concurrency", 0, "environments kept warm, all month", "environments", 0, 1_000_000),
        hours(),
        flag("free_tier", "take off the account's free 1 million requests and 400,000 GB-s"),
    ),
    prices={
        "request_price": Item("lambda", "request"),
        "gb_s_price": Item("lambda", "gb-second-{architecture}"),
        "provisioned_price": Item("lambda", "provisioned-gb-second-{architecture}"),
        "provisioned_run_price": Item("lambda", "provisioned-duration-gb-second-{architecture}"),
    },
    steps=(
        step("seconds", "hours × 3600", "s", "Seconds in the month"),
        step("requests_per_s", "requests ÷ seconds", "req/s", "Requests a second, on average"),
        output(
            "concurrency", "requests_per_s × duration_ms ÷ 1000", "concurrent executions", "Concurrency, on average"
        ),
        step("gb_s", "requests × duration_ms ÷ 1000 × memory_mb ÷ 1024", "GB-s", "Compute used"),
        step(
            "requests_billed",
            "max(requests − when(free_tier, when(provisioned_concurrency > 0, 0, 1000000), 0), 0)",
            "requests",
            "Requests billed",
        ),
        output("request_cost", "requests_billed × request_price", "USD", "Requests"),
        step(
            "gb_s_warm",
            "min(gb_s, provisioned_concurrency × seconds × memory_mb ÷ 1024)",
            "GB-s",
            "Compute in warm environments",
        ),
        step(
            "gb_s_billed",
            "max(gb_s − gb_s_warm − when(free_tier, when(provisioned_concurrency > 0, 0, 400000), 0), 0)",
            "GB-s",
            "Compute billed on demand",
        ),
        output(
            "compute_cost",
            "tiered(gb_s_price, gb_s_billed) + gb_s_warm × provisioned_run_price",
            "USD",
            "Compute",
        ),
        output(
            "provisioned_cost",
            "provisioned_concurrency × memory_mb ÷ 1024 × seconds × provisioned_price",
            "USD",
            "Provisioned concurrency, used or not",
        ),
        output("total", "request_cost + compute_cost + provisioned_cost", "USD", "Total a month"),
    ),
    assumptions=(
        "Duration is billed by the millisecond and includes initialization.",
        "The free tier belongs to the account, not to the function, and not to functions with provisioned concurrency.",
        "With provisioned concurrency, requests are taken to run in warm environments as long as those have room.",
        "Not counted: ephemeral storage above 512 MB, response streaming above 6 MB, data transfer, logs.",
    ),
    sources=(
        "https://aws.amazon.com/lambda/pricing/",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
    ),
    corrections=(
        Correction("$0.20 for 1 million requests", "$0.20 and the compute", "the $0.20 is the request charge alone"),
        Correction(
            "$900 for 500 million requests of 100 ms with 1 GB", "$933.34", "$100 for requests and $833.34 for compute"
        ),
    ),
    examples=(
        Example("1 million requests: the request charge", {"requests": "1M"}, {"request_cost": "$0.20"}),
        Example(
            "500 million requests of 100 ms with 1 GB",
            {"requests": "500M", "duration_ms": "100", "memory_mb": "1024"},
            {"request_cost": "$100", "compute_cost": "$833.34", "total": "$933.34"},
        ),
        Example(
            "1,000 requests a second of 200 ms",
            {"requests": "2628M", "duration_ms": "200"},
            {"concurrency": "200 concurrent executions"},
        ),
    ),
)

INSTANCES = ("m5.xlarge", "m5.large", "m5.2xlarge", "t3.micro", "t3.medium", "c5.xlarge", "r5.large")

RI_SAVINGS_PLAN = Calculator(
    id="calc-ri-savings-plan",
    title="Reserved Instance or Savings Plan against On-Demand",
    answers="What a commitment saves, and from which utilisation on it pays.",
    inputs=(
        choice("instance_type", INSTANCES, "the type, for its On-Demand price (Linux)"),
        quantity("on_demand_per_hour", "0", "On-Demand price of something else; 0 takes the type's", "USD"),
        count("instances", 1, "how many", "instances", 1, 1_000_000),
        hours(),
        quantity("utilisation_percent", "100", "share of the hours that they really run", "%", "0", "100"),
        quantity("committed_per_month", "90", "what one costs a month under the commitment", "USD"),
        quantity("upfront", "0", "what one costs at the beginning of the term", "USD"),
        count("term_years", 1, "the term", "years", 1, 3),
    ),
    prices={"list_price": Item("ec2", "{instance_type}")},
    steps=(
        step("rate", "when(on_demand_per_hour > 0, on_demand_per_hour, list_price)", "USD", "On-Demand, an hour"),
        output("on_demand_full", "rate × hours × instances", "USD", "On-Demand, running all month"),
        output("on_demand", "on_demand_full × utilisation_percent ÷ 100", "USD", "On-Demand, as used"),
        output(
            "committed",
            "(committed_per_month + upfront ÷ (term_years × 12)) × instances",
            "USD",
            "Under the commitment, used or not",
        ),
        output("saving", "on_demand − committed", "USD", "Saved a month"),
        output(
            "saving_percent",
            "when(on_demand > 0, (on_demand − committed) ÷ on_demand × 100, 0)",
            "%",
            "Saved",
        ),
        output(
            "break_even_percent",
            "when(on_demand_full > 0, committed ÷ on_demand_full × 100, 0)",
            "%",
            "Pays from this utilisation on",
        ),
        output("saving_term", "saving × 12 × term_years", "USD", "Saved over the term"),
    ),
    assumptions=(
        "The commitment is billed for every hour of the term, running or not.",
        "The commitment's price is an input: AWS quotes it for each type, term and way of paying.",
        "Over 100 % break-even, the commitment never pays.",
    ),
    sources=(
        "https://aws.amazon.com/ec2/pricing/on-demand/",
        "https://aws.amazon.com/savingsplans/compute-pricing/",
        "https://aws.amazon.com/ec2/pricing/reserved-instances/pricing/",
    ),
    corrections=(
        Correction("$1,200 a month for 10 × m5.large", "$700.80", "10 × $0.096 × 730 hours"),
        Correction("up to 75 % off with Reserved Instances", "up to 72 %", "AWS's own figure today"),
    ),
    examples=(
        Example(
            "m5.xlarge at $90 a month",
            {"committed_per_month": "90"},
            {"on_demand": "$140.16", "saving_percent": "35.8 %", "break_even_percent": "64.2 %"},
        ),
        Example("m5.xlarge at $84 a month", {"committed_per_month": "84"}, {"saving_percent": "40.1 %"}),
        Example(
            "m5.xlarge at $56 a month over three years",
            {"committed_per_month": "56", "term_years": "3"},
            {"saving_percent": "60 %"},
        ),
        Example(
            "db.r5.large at $110 a month",
            {"on_demand_per_hour": "0.24", "committed_per_month": "110"},
            {"on_demand": "$175.20", "saving_percent": "37.2 %"},
        ),
        Example(
            "10 × m5.large on demand",
            {"instance_type": "m5.large", "instances": "10", "committed_per_month": "0"},
            {"on_demand": "$700.80"},
        ),
    ),
)

SCHEDULE_SAVINGS = Calculator(
    id="calc-schedule-savings",
    title="Saving of a shutdown schedule",
    answers="What is saved by stopping instances outside working hours.",
    inputs=(
        quantity("hours_per_day", "12", "hours a day that they run", "h", most="24"),
        quantity("days_per_week", "5", "days a week that they run", "days", most="7"),
        quantity("always_on_per_month", "0", "what they cost a month when never stopped", "USD"),
    ),
    steps=(
        output("on_hours", "hours_per_day × days_per_week", "h a week", "Running"),
        output("saving_percent", "(1 − on_hours ÷ 168) × 100", "%", "Saved"),
        output("saving", "always_on_per_month × saving_percent ÷ 100", "USD", "Saved a month"),
    ),
    assumptions=(
        "168 hours in a week; instances are billed while they run.",
        "Volumes, snapshots and Elastic IP addresses are billed on while an instance is stopped.",
        "A stopped RDS instance starts by itself after seven days.",
        "A recurrence of an Auto Scaling schedule is in UTC unless it has a time zone.",
    ),
    sources=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html",
    ),
    corrections=(Correction("65 % for 12 hours on 5 days", "64.3 %", "60 of 168 hours remain"),),
    checks=(Check("hours_per_day × days_per_week ≤ 168", "A week has 168 hours."),),
    examples=(
        Example("12 hours on 5 days", {"hours_per_day": "12"}, {"on_hours": "60 h a week", "saving_percent": "64.3 %"}),
        Example("9 hours on 5 days", {"hours_per_day": "9"}, {"on_hours": "45 h a week", "saving_percent": "73.2 %"}),
    ),
)
