"""Calculators of storage: S3 classes and lifecycle, orphans, logs."""

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
from foulweather.drilling.calculators.inputs import choice, count, hours, quantity

S3_COST = Calculator(
    id="calc-s3-cost",
    title="S3 storage and lifecycle",
    answers="What a bucket costs a month, and what a lifecycle schedule saves.",
    inputs=(
        quantity("standard_gb", "100", "in S3 Standard", "GB"),
        quantity("standard_ia_gb", "0", "in Standard-IA", "GB"),
        quantity("onezone_ia_gb", "0", "in One Zone-IA", "GB"),
        quantity("intelligent_gb", "0", "in Intelligent-Tiering's frequent tier", "GB"),
        count("intelligent_objects", 0, "objects of 128 KB and more that Intelligent-Tiering watches", "objects"),
        quantity("glacier_ir_gb", "0", "in Glacier Instant Retrieval", "GB"),
        quantity("glacier_gb", "0", "in Glacier Flexible Retrieval", "GB"),
        quantity("deep_archive_gb", "0", "in Glacier Deep Archive", "GB"),
        quantity("new_gb_per_day", "0", "new data a day that follows the schedule below", "GB a day"),
        count("ia_after_days", 30, "to Standard-IA after", "days", 30, 36_500),
        count("glacier_after_days", 90, "to Glacier Flexible Retrieval after", "days", 30, 36_500),
        count("expire_after_days", 365, "deleted after", "days", 30, 36_500),
        quantity("object_mb", "1", "average size of the new objects", "MB", "0.001", "5000000"),
        count("puts", 0, "PUT, COPY, POST and LIST requests", "requests"),
        count("gets", 0, "GET and other requests", "requests"),
        quantity("ia_retrieved_gb", "0", "read from Standard-IA and One Zone-IA", "GB"),
        quantity("glacier_ir_retrieved_gb", "0", "read from Glacier Instant Retrieval", "GB"),
        quantity("glacier_retrieved_gb", "0", "restored from Glacier Flexible Retrieval", "GB"),
        quantity("deep_archive_retrieved_gb", "0", "restored from Deep Archive", "GB"),
        quantity("internet_gb", "0", "sent to the internet, beyond the free tier", "GB"),
    ),
    prices={
        "standard_price": Item("s3", "standard-gb-month"),
        "ia_price": Item("s3", "standard-ia-gb-month"),
        "onezone_price": Item("s3", "onezone-ia-gb-month"),
        "intelligent_price": Item("s3", "intelligent-frequent-gb-month"),
        "monitoring_price": Item("s3", "intelligent-monitoring"),
        "glacier_ir_price": Item("s3", "glacier-ir-gb-month"),
        "glacier_price": Item("s3", "glacier-gb-month"),
        "deep_archive_price": Item("s3", "deep-archive-gb-month"),
        "put_price": Item("s3", "put-request"),
        "get_price": Item("s3", "get-request"),
        "ia_retrieval_price": Item("s3", "standard-ia-retrieval-gb"),
        "glacier_ir_retrieval_price": Item("s3", "glacier-ir-retrieval-gb"),
        "glacier_retrieval_price": Item("s3", "glacier-retrieval-gb"),
        "deep_archive_retrieval_price": Item("s3", "deep-archive-retrieval-gb"),
        "to_ia_price": Item("s3", "transition-standard-ia"),
        "to_glacier_price": Item("s3", "transition-glacier"),
        "internet_price": Item("ec2", "transfer-internet-gb"),
    },
    steps=(
        step("standard_stored", "standard_gb + new_gb_per_day × ia_after_days", "GB", "Standard, in a steady state"),
        step(
            "ia_stored",
            "standard_ia_gb + new_gb_per_day × (glacier_after_days − ia_after_days)",
            "GB",
            "Standard-IA, in a steady state",
        ),
        step(
            "glacier_stored",
            "glacier_gb + new_gb_per_day × (expire_after_days − glacier_after_days)",
            "GB",
            "Flexible Retrieval, in a steady state",
        ),
        output("standard_cost", "tiered(standard_price, standard_stored)", "USD", "Standard"),
        output("ia_cost", "ia_stored × ia_price + onezone_ia_gb × onezone_price", "USD", "Infrequent access"),
        output(
            "intelligent_cost",
            "tiered(intelligent_price, intelligent_gb) + intelligent_objects × monitoring_price",
            "USD",
            "Intelligent-Tiering, with monitoring",
        ),
        output(
            "glacier_cost",
            "glacier_ir_gb × glacier_ir_price + glacier_stored × glacier_price + deep_archive_gb × deep_archive_price",
            "USD",
            "Glacier classes",
        ),
        step("moved", "new_gb_per_day × 30 × 1024 ÷ object_mb", "objects", "Objects moved a month"),
        output(
            "transition_cost",
            "moved × when(glacier_after_days > ia_after_days, to_ia_price, 0)"
            " + moved × when(expire_after_days > glacier_after_days, to_glacier_price, 0)",
            "USD",
            "Lifecycle transitions",
        ),
        output("request_cost", "puts × put_price + gets × get_price", "USD", "Requests"),
        output(
            "retrieval_cost",
            "ia_retrieved_gb × ia_retrieval_price + glacier_ir_retrieved_gb × glacier_ir_retrieval_price"
            " + glacier_retrieved_gb × glacier_retrieval_price"
            " + deep_archive_retrieved_gb × deep_archive_retrieval_price",
            "USD",
            "Retrieval",
        ),
        output("transfer_cost", "tiered(internet_price, internet_gb)", "USD", "To the internet"),
        output(
            "storage_cost", "standard_cost + ia_cost + intelligent_cost + glacier_cost", "USD", "Storage of all classes"
        ),
        output(
            "all_standard",
            "tiered(standard_price, standard_stored + ia_stored + onezone_ia_gb + intelligent_gb + glacier_ir_gb"
            " + glacier_stored + deep_archive_gb)",
            "USD",
            "All of it in Standard instead",
        ),
        output(
            "saving_percent",
            "when(all_standard > 0, (1 − storage_cost ÷ all_standard) × 100, 0)",
            "%",
            "Saved on storage by the classes",
        ),
        output(
            "total",
            "storage_cost + transition_cost + request_cost + retrieval_cost + transfer_cost",
            "USD",
            "Total a month",
        ),
    ),
    checks=(
        Check("ia_after_days ≤ glacier_after_days", "ia_after_days comes before glacier_after_days."),
        Check("glacier_after_days ≤ expire_after_days", "glacier_after_days comes before expire_after_days."),
    ),
    assumptions=(
        "In a steady state every day adds as much as a day deletes.",
        "Two equal days leave out the class in between.",
        "Objects under 128 KB are billed as 128 KB in the IA classes and are not moved by lifecycle by default; minimum"
        " stays are 30 days (IA), 90 (Instant and Flexible Retrieval), 180 (Deep Archive).",
        "Requests are priced as those of Standard.",
        "Lifecycle cannot be configured on a bucket with MFA Delete.",
    ),
    sources=(
        "https://aws.amazon.com/s3/pricing/",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html",
    ),
    examples=(
        Example("100 GB in Standard", {"standard_gb": "100"}, {"standard_cost": "$2.30", "total": "$2.30"}),
        Example(
            "100 GB a day: IA after 30 days, Glacier after 90, deleted after 365",
            {"standard_gb": "0", "new_gb_per_day": "100", "object_mb": "100"},
            {"storage_cost": "$243", "all_standard": "$839.50", "saving_percent": "71.1 %"},
        ),
    ),
)

WASTE = Calculator(
    id="calc-waste",
    title="Orphans",
    answers="What volumes, snapshots and addresses cost that nobody uses.",
    inputs=(
        quantity("volume_gb", "0", "unattached volumes", "GB"),
        choice("volume_type", ("gp2", "gp3"), "their type"),
        quantity("snapshot_gb", "0", "snapshots that nobody needs (stored size)", "GB"),
        count("addresses", 0, "idle public IPv4 addresses", "addresses"),
        hours("720"),
    ),
    prices={
        "volume_price": Item("ec2", "ebs-{volume_type}-gb-month"),
        "snapshot_price": Item("ec2", "snapshot-gb-month"),
        "address_price": Item("ec2", "public-ipv4-hour"),
    },
    steps=(
        output("volume_cost", "volume_gb × volume_price", "USD", "Volumes"),
        output("snapshot_cost", "snapshot_gb × snapshot_price", "USD", "Snapshots"),
        output("address_cost", "addresses × hours × address_price", "USD", "Addresses"),
        output("total", "volume_cost + snapshot_cost + address_cost", "USD", "Total a month"),
    ),
    assumptions=(
        "A volume is billed by its provisioned size, used or not; a snapshot by the blocks that it alone keeps.",
        "$3.60 an address is a month of 30 days; 730 hours make $3.65.",
    ),
    sources=("https://aws.amazon.com/ebs/pricing/", "https://aws.amazon.com/vpc/pricing/"),
    corrections=(
        Correction(
            "only unused Elastic IP addresses cost something",
            "every public IPv4 address costs $0.005 an hour",
            "since February 2024, in use or not",
        ),
    ),
    examples=(
        Example(
            "50 TB of volumes and 100 TB of snapshots",
            {"volume_gb": "50000", "snapshot_gb": "100000"},
            {"volume_cost": "$5,000", "snapshot_cost": "$5,000", "total": "$10,000"},
        ),
        Example("One idle address", {"addresses": "1"}, {"total": "$3.60"}),
    ),
)

LOGS_COST = Calculator(
    id="calc-logs-cost",
    title="CloudWatch Logs",
    answers="What logs cost a month to take in, to keep and to search.",
    inputs=(
        quantity("gb_per_day", "100", "log data taken in a day", "GB a day"),
        count("days", 30, "days in the month", "days", 28, 31),
        choice("log_class", ("standard", "infrequent"), "the log class"),
        count("retention_days", 30, "how long events are kept", "days", 1, 3653),
        quantity("stored_share", "0.15", "what compression leaves of a GB (AWS's estimate: 0.15)", "", "0.01", "1"),
        quantity("scanned_gb", "0", "scanned by Logs Insights", "GB"),
    ),
    prices={
        "ingest_price": Item("logs", "ingest-{log_class}-gb"),
        "storage_price": Item("logs", "storage-gb-month"),
        "scan_price": Item("logs", "insights-gb"),
    },
    steps=(
        output("ingest_cost", "gb_per_day × days × ingest_price", "USD", "Taken in"),
        step("stored_gb", "gb_per_day × retention_days × stored_share", "GB", "Kept, in a steady state"),
        output("storage_cost", "stored_gb × storage_price", "USD", "Kept"),
        output("scan_cost", "scanned_gb × scan_price", "USD", "Searched"),
        output("total", "ingest_cost + storage_cost + scan_cost", "USD", "Total a month"),
    ),
    assumptions=(
        "A steady state: retention has passed once. Without a retention, storage grows for ever.",
        "The free tier (5 GB) is not taken off; vended logs have prices of their own.",
    ),
    sources=(
        "https://aws.amazon.com/cloudwatch/pricing/",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html",
    ),
    examples=(
        Example("100 GB a day", {"gb_per_day": "100"}, {"ingest_cost": "$1,500"}),
        Example(
            "The same, kept as it came and searched",
            {"stored_share": "1", "scanned_gb": "1000"},
            {"ingest_cost": "$1,500", "storage_cost": "$90", "scan_cost": "$5"},
        ),
    ),
)
