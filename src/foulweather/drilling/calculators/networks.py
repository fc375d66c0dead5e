"""Calculators of networks: NAT gateways, transfer, load balancers, invalidations."""

from __future__ import annotations

from foulweather.drilling.calculators.calculator import Calculator, Correction, Example, Item, output, step
from foulweather.drilling.calculators.inputs import choice, count, flag, hours, quantity

NAT_COST = Calculator(
    id="calc-nat-cost",
    title="NAT gateways and interface endpoints",
    answers="What NAT gateways cost a month, and what interface endpoints would cost in their place.",
    inputs=(
        count("gateways", 1, "NAT gateways", "gateways", 0, 10_000),
        hours(),
        quantity("gb", "0", "data through the gateways", "GB"),
        quantity("cross_az_gb", "0", "of which comes from another Availability Zone", "GB"),
        count("endpoints", 0, "interface endpoints", "endpoints", 0, 10_000),
        count("endpoint_azs", 1, "Availability Zones of each endpoint", "AZs", 1, 6),
        quantity("endpoint_gb", "0", "data through the endpoints", "GB"),
    ),
    prices={
        "nat_hour_price": Item("ec2", "nat-hour"),
        "nat_gb_price": Item("ec2", "nat-gb"),
        "az_gb_price": Item("ec2", "transfer-az-gb"),
        "endpoint_hour_price": Item("ec2", "interface-endpoint-hour"),
        "endpoint_gb_price": Item("ec2", "interface-endpoint-gb"),
    },
    steps=(
        output("hourly_cost", "gateways × hours × nat_hour_price", "USD", "Gateways, by the hour"),
        output("processing_cost", "gb × nat_gb_price", "USD", "Data processed"),
        output("cross_az_cost", "cross_az_gb × az_gb_price × 2", "USD", "Between zones, out and in"),
        output("nat_total", "hourly_cost + processing_cost + cross_az_cost", "USD", "NAT gateways a month"),
        output("endpoint_hourly_cost", "endpoints × endpoint_azs × hours × endpoint_hour_price", "USD", "Endpoints"),
        output("endpoint_gb_cost", "tiered(endpoint_gb_price, endpoint_gb)", "USD", "Data through endpoints"),
        output("endpoint_total", "endpoint_hourly_cost + endpoint_gb_cost", "USD", "Interface endpoints a month"),
        output("total", "nat_total + endpoint_total", "USD", "Total a month"),
    ),
    assumptions=(
        "Transfer out to the internet comes on top (calc-data-transfer).",
        "Gateway endpoints (S3, DynamoDB) cost nothing and take their traffic off the NAT gateway.",
        "Traffic between zones is charged on both sides, $0.01 a GB each.",
        "Lambda pulls a function's container image on AWS's side, not through your NAT gateway.",
    ),
    sources=(
        "https://aws.amazon.com/vpc/pricing/",
        "https://aws.amazon.com/privatelink/pricing/",
        "https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer",
    ),
    corrections=(
        Correction(
            "about $7 a month for an interface endpoint", "$7.30 for each zone", "it is billed by zone and hour"
        ),
    ),
    checks=(),
    examples=(
        Example(
            "One gateway and 1,000 GB",
            {"gb": "1000"},
            {"hourly_cost": "$32.85", "processing_cost": "$45", "nat_total": "$77.85"},
        ),
        Example(
            "Two interface endpoints in two zones",
            {"gateways": "0", "endpoints": "2", "endpoint_azs": "2"},
            {"endpoint_total": "$29.20"},
        ),
    ),
)

DATA_TRANSFER = Calculator(
    id="calc-data-transfer",
    title="Data transfer",
    answers="What a month's data costs by the path that it takes.",
    inputs=(
        quantity("internet_gb", "0", "out to the internet from a Region", "GB"),
        quantity("region_gb", "0", "to another Region", "GB"),
        quantity("az_gb", "0", "between Availability Zones", "GB"),
        quantity("cloudfront_gb", "0", "from CloudFront to viewers in the United States", "GB"),
        flag("free_tier", "take off the free 100 GB (internet) and 1 TB (CloudFront)"),
    ),
    prices={
        "internet_price": Item("ec2", "transfer-internet-gb"),
        "region_price": Item("ec2", "transfer-region-gb"),
        "az_price": Item("ec2", "transfer-az-gb"),
        "cloudfront_price": Item("cloudfront", "transfer-us-gb"),
    },
    steps=(
        step("internet_billed", "max(internet_gb − when(free_tier, 100, 0), 0)", "GB", "Billed to the internet"),
        output("internet_cost", "tiered(internet_price, internet_billed)", "USD", "To the internet"),
        output("region_cost", "region_gb × region_price", "USD", "To another Region"),
        output("az_cost", "az_gb × az_price × 2", "USD", "Between zones, out and in"),
        step("cloudfront_billed", "max(cloudfront_gb − when(free_tier, 1024, 0), 0)", "GB", "Billed by CloudFront"),
        output("cloudfront_cost", "tiered(cloudfront_price, cloudfront_billed)", "USD", "From CloudFront"),
        output("total", "internet_cost + region_cost + az_cost + cloudfront_cost", "USD", "Total a month"),
    ),
    assumptions=(
        "1 TB is 1,024 GB. Data in from the internet is free, and so is data from AWS origins to CloudFront.",
        "Both sides of the traffic between zones belong to the same account.",
        "Between us-east-1 and us-east-2 a GB costs half of the price between Regions.",
    ),
    sources=(
        "https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer",
        "https://aws.amazon.com/cloudfront/pricing/",
    ),
    examples=(
        Example("10 TB to the internet", {"internet_gb": "10240"}, {"total": "$921.60"}),
        Example(
            "10 TB to the internet, 100 GB of it free",
            {"internet_gb": "10240", "free_tier": "yes"},
            {"total": "$912.60"},
        ),
    ),
)

LB_COST = Calculator(
    id="calc-lb-cost",
    title="Load balancers",
    answers="What load balancers cost a month, idle and under load.",
    inputs=(
        choice("kind", ("application", "network", "gateway", "classic"), "the kind of load balancer"),
        count("load_balancers", 1, "how many", "load balancers", 1, 100_000),
        hours(),
        quantity("lcus", "0", "capacity units an hour of each, on average (classic: GB an hour)", "LCU"),
    ),
    prices={
        "hour_price": Item("elasticloadbalancing", "{kind}-hour"),
        "capacity_price": Item("elasticloadbalancing", "{kind}-capacity"),
    },
    steps=(
        output("idle_cost", "load_balancers × hours × hour_price", "USD", "For being there"),
        output("capacity_cost", "load_balancers × hours × lcus × capacity_price", "USD", "For what goes through"),
        output("total", "idle_cost + capacity_cost", "USD", "Total a month"),
    ),
    assumptions=(
        "An hour's LCUs are the largest of four: 25 new connections a second, 3,000 active ones, 1 GB an hour"
        " (0.4 GB for Lambda targets), 1,000 rule evaluations a second, each for one LCU.",
        "Not counted: public IPv4 addresses of the nodes, data transfer, trust stores, reserved capacity.",
        "A hop through an ALB takes a few milliseconds; 400 ms, as one reads, has other causes.",
    ),
    sources=("https://aws.amazon.com/elasticloadbalancing/pricing/",),
    examples=(
        Example("An idle ALB", {}, {"total": "$16.43"}),
        Example("An idle Classic Load Balancer", {"kind": "classic"}, {"total": "$18.25"}),
    ),
)

CLOUDFRONT_INVALIDATION = Calculator(
    id="calc-cloudfront-invalidation",
    title="CloudFront invalidations",
    answers="What a month's invalidation paths cost.",
    inputs=(count("paths", 3_000, "paths in the month's invalidation requests; /* is one path", "paths"),),
    prices={"path_price": Item("cloudfront", "invalidation-path")},
    steps=(
        output("paths_billed", "max(paths − 1000, 0)", "paths", "Paths beyond the free 1,000"),
        output("total", "tiered(path_price, paths)", "USD", "Total a month"),
    ),
    assumptions=(
        "The free 1,000 are for the account and month, over all distributions.",
        "A path with a wildcard counts once, whatever it matches.",
    ),
    sources=(
        "https://aws.amazon.com/cloudfront/pricing/",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PayingForInvalidation.html",
    ),
    corrections=(Correction("$0.005 for 1,000 paths", "$0.005 for each path after 1,000", "the unit is the path"),),
    examples=(
        Example("3,000 paths", {"paths": "3000"}, {"total": "$10"}),
        Example("Everything, as /*", {"paths": "1"}, {"total": "$0"}),
    ),
)
