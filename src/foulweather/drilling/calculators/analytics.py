"""Calculators of analytics: Athena, Kinesis, a whole platform."""

from __future__ import annotations

from foulweather.drilling.calculators.calculator import (
    Calculator,
    Correction,
    Example,
    Item,
    output,
    step,
)
from foulweather.drilling.calculators.inputs import choice, count, hours, quantity

ATHENA_COST = Calculator(
    id="calc-athena-cost",
    title="Athena scans and file formats",
    answers="What a query's scan costs, and what a columnar format makes of it.",
    inputs=(
        quantity("tb", "1", "size of the data as CSV", "TB"),
        choice("format", ("csv", "parquet-snappy"), "how it is stored"),
        quantity("scanned_share", "1", "share that the query's partitions and columns leave", "", "0.000001", "1"),
        count("queries", 1, "queries a month", "queries", 1),
    ),
    prices={"scan_price": Item("athena", "scanned-tb")},
    steps=(
        step("ratio", "pick(format, csv=1, parquet_snappy=0.1)", "", "Scanned of each TB of CSV"),
        output("scanned_tb", "tb × ratio × scanned_share", "TB", "Scanned by a query"),
        output("query_cost", "scanned_tb × scan_price", "USD", "One query"),
        output(
            "query_s",
            "tb × scanned_share × pick(format, csv=45, parquet_snappy=5)",
            "s",
            "Duration, in proportion to an example",
        ),
        output("total", "query_cost × queries", "USD", "Total a month"),
        output("saving_percent", "(1 − ratio) × 100", "%", "Saved by the format"),
    ),
    assumptions=(
        "Parquet with Snappy is taken to leave a tenth of the scan; how much it really leaves depends on the columns.",
        "The durations scale one example (1 TB: 45 s as CSV, 5 s as Parquet); AWS promises none.",
        "Each query is billed for at least 10 MB; DDL and failed queries are free, cancelled ones are not.",
        "Not counted: S3 requests, the Glue Data Catalog, provisioned capacity.",
    ),
    sources=(
        "https://aws.amazon.com/athena/pricing/",
        "https://docs.aws.amazon.com/athena/latest/ug/columnar-storage.html",
    ),
    examples=(
        Example("1 TB of CSV", {"tb": "1"}, {"query_cost": "$5", "query_s": "45 s"}),
        Example(
            "1 TB, stored as Parquet with Snappy",
            {"format": "parquet-snappy"},
            {"query_cost": "$0.50", "query_s": "5 s", "saving_percent": "90 %"},
        ),
        Example("10 TB of CSV", {"tb": "10"}, {"query_cost": "$50"}),
    ),
)

KINESIS_SHARDS = Calculator(
    id="calc-kinesis-shards",
    title="Kinesis shards",
    answers="How many shards a stream needs, and by which limit.",
    inputs=(
        quantity("mb_per_s", "0", "data in", "MB/s", most="10000000"),
        quantity(
            "tb_per_day", "0", "data in, as a daily volume, on top (1 TB is 1,000,000 MB)", "TB a day", "0", "1000000"
        ),
        quantity("records_per_s", "0", "records in", "records/s"),
        quantity("records_per_day", "0", "records in, as a daily number, on top", "records a day"),
        quantity("peak_factor", "1", "peak over average", "", "1", "1000"),
        count("consumers", 1, "consumers that share the shards' output", "consumers", 0, 1_000),
        hours(),
    ),
    prices={"shard_price": Item("kinesis", "shard-hour")},
    steps=(
        output("in_mb_per_s", "(mb_per_s + tb_per_day × 1000000 ÷ 86400) × peak_factor", "MB/s", "Data in"),
        output(
            "in_records_per_s",
            "(records_per_s + records_per_day ÷ 86400) × peak_factor",
            "records/s",
            "Records in",
        ),
        output("out_mb_per_s", "in_mb_per_s × consumers", "MB/s", "Data out, shared"),
        output("shards_by_bytes", "ceil(in_mb_per_s ÷ 1)", "shards", "For the bytes in (1 MB/s each)"),
        output("shards_by_records", "ceil(in_records_per_s ÷ 1000)", "shards", "For the records (1,000/s each)"),
        output("shards_by_reads", "ceil(out_mb_per_s ÷ 2)", "shards", "For the reads (2 MB/s each)"),
        output("shards", "max(shards_by_bytes, shards_by_records, shards_by_reads, 1)", "shards", "Shards needed"),
        output("cost", "shards × hours × shard_price", "USD", "Shard hours a month"),
    ),
    assumptions=(
        "Keys spread evenly: one hot key is limited to one shard, however many there are.",
        "A consumer with enhanced fan-out has 2 MB/s of every shard for itself and is not to be counted here.",
        "The average leaves no room: give a peak factor.",
        "Records are kept for 24 hours, and for up to 365 days if configured (not 7).",
    ),
    sources=(
        "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html",
        "https://aws.amazon.com/kinesis/data-streams/pricing/",
    ),
    corrections=(
        Correction("50 shards for 5 TB a day", "58", "5 TB a day are 57.9 MB/s, before any peak"),
        Correction("1 to 7 days of retention", "up to 365 days", "long-term retention"),
    ),
    examples=(
        Example(
            "5 TB a day",
            {"tb_per_day": "5"},
            {"in_mb_per_s": "57.8704 MB/s", "shards_by_bytes": "58 shards", "shards": "58 shards"},
        ),
        Example(
            "2 billion records a day",
            {"records_per_day": "2G"},
            {"in_records_per_s": "23,148.1481 records/s", "shards_by_records": "24 shards", "shards": "24 shards"},
        ),
    ),
)

BIGDATA_COST = Calculator(
    id="calc-bigdata-cost",
    title="Analytics platform",
    answers="What a planned analytics platform costs, with its Glue and streaming rows computed anew.",
    inputs=(
        quantity("plan_per_month", "21455", "the plan's total a month", "USD"),
        quantity("planned_glue", "880", "of which Glue, as planned", "USD"),
        quantity("dpu_hours", "200", "Glue DPU hours a month", "DPU-hours"),
        quantity("tb_per_day", "5", "data streamed a day", "TB a day", "0", "100000"),
        hours(),
        count("redshift_nodes", 5, "ra3.4xlarge nodes", "nodes", 2, 128),
        quantity("optimised_per_month", "14000", "what the plan hopes for after tuning, a month", "USD"),
        quantity("before_per_year", "500000", "what it costs today, a year", "USD", "1"),
    ),
    prices={
        "dpu_price": Item("glue", "dpu-hour"),
        "shard_price": Item("kinesis", "shard-hour"),
        "firehose_price": Item("firehose", "ingest-gb"),
    },
    steps=(
        output("glue_cost", "dpu_hours × dpu_price", "USD", "Glue, priced anew"),
        output("plan_corrected", "plan_per_month − planned_glue + glue_cost", "USD", "The plan with that row, a month"),
        output("streamed_gb", "tb_per_day × 1000 × 30", "GB", "Streamed a month"),
        output("shards", "ceil(tb_per_day × 1000000 ÷ 86400)", "shards", "Shards for the average"),
        output("shard_cost", "shards × hours × shard_price", "USD", "Shard hours a month"),
        output("firehose_cost", "tiered(firehose_price, streamed_gb)", "USD", "Firehose a month"),
        output("redshift_ram_gb", "redshift_nodes × 96", "GB", "Redshift memory"),
        output("redshift_storage_tb", "redshift_nodes × 128", "TB", "Redshift managed storage, at most"),
        output("optimised_per_year", "optimised_per_month × 12", "USD", "After tuning, a year"),
        output("saving_percent", "(1 − optimised_per_year ÷ before_per_year) × 100", "%", "Saved against today"),
    ),
    assumptions=(
        "The plan's other rows are taken as they stand; its streaming rows are shown beside it, since they were"
        " planned for 5 TB a month where 5 TB come a day.",
        "Firehose bills each record in steps of 5 KB: small records cost more than their bytes.",
        "Not counted: Kinesis PUT payload units, format conversion, QuickSight, whose author and reader prices have"
        " changed several times.",
    ),
    sources=(
        "https://aws.amazon.com/glue/pricing/",
        "https://aws.amazon.com/kinesis/data-streams/pricing/",
        "https://aws.amazon.com/firehose/pricing/",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html",
    ),
    corrections=(
        Correction("$880 for 200 DPU hours", "$88", "200 × $0.44"),
        Correction("5 TB of streaming a month", "150 TB", "5 TB come a day"),
        Correction("50 shards for 5 TB a day", "58", "57.9 MB/s on average"),
        Correction("50 % saved from $500,000 to $168,000", "66.4 %", "the difference is $332,000"),
        Correction("640 GB of memory and 480 TB of storage in five ra3.4xlarge", "480 GB and 640 TB", "swapped"),
    ),
    examples=(
        Example(
            "5 TB a day, planned at $21,455 a month",
            {},
            {
                "glue_cost": "$88",
                "plan_corrected": "$20,663",
                "streamed_gb": "150,000 GB",
                "shards": "58 shards",
                "optimised_per_year": "$168,000",
                "saving_percent": "66.4 %",
                "redshift_ram_gb": "480 GB",
                "redshift_storage_tb": "640 TB",
            },
        ),
    ),
)
