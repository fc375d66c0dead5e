"""Calculators of databases: connections, DynamoDB capacity and cost."""

from __future__ import annotations

from foulweather.drilling.calculators.calculator import Calculator, Correction, Example, Item, output, step
from foulweather.drilling.calculators.inputs import Input, choice, count, flag, hours, quantity

PRICED_ON = Input(
    name="priced_on",
    kind="date",
    default="",
    help="prices of that day, where the price book remembers them",
)

DB_CONNECTIONS = Calculator(
    id="calc-db-connections",
    title="Database connections",
    answers="How many connections the clients of a database open, and whether it has that many.",
    inputs=(
        count("lambda_concurrency", 50, "Lambda environments at once", "environments"),
        count("connections_per_environment", 1, "connections that each of them holds", "connections"),
        count("tasks", 20, "tasks or instances with a pool", "tasks"),
        count("pool_size", 10, "connections in each pool", "connections"),
        count("max_connections", 0, "the database's limit; 0 takes the engine's default", "connections"),
        choice("engine", ("postgres", "mysql"), "the engine, for its default limit"),
        quantity("memory_gib", "16", "the instance's memory, for the default limit", "GiB", "0.5", "4096"),
        flag("proxy", "there is an RDS Proxy in front"),
        quantity("multiplexing", "5", "client connections that share one of the proxy's", "clients", "1", "1000"),
    ),
    steps=(
        output("lambda_connections", "lambda_concurrency × connections_per_environment", "connections", "From Lambda"),
        output("pool_connections", "tasks × pool_size", "connections", "From pools"),
        output("client_connections", "lambda_connections + pool_connections", "connections", "Opened by clients"),
        output(
            "database_connections",
            "when(proxy, ceil(lambda_connections ÷ multiplexing) + ceil(pool_connections ÷ multiplexing),"
            " client_connections)",
            "connections",
            "Arriving at the database",
        ),
        step("memory_bytes", "memory_gib × 1073741824", "bytes", "Memory"),
        output(
            "engine_default",
            "pick(engine, mysql=floor(memory_bytes ÷ 12582880), postgres=min(floor(memory_bytes ÷ 9531392), 5000))",
            "connections",
            "The engine's default limit",
        ),
        output("limit", "when(max_connections > 0, max_connections, engine_default)", "connections", "Limit"),
        output("use_percent", "database_connections ÷ limit × 100", "%", "Used of the limit"),
        output("fits", "when(database_connections ≤ limit, 'yes', 'no: connections are refused')", "", "Fits"),
    ),
    assumptions=(
        "DBInstanceClassMemory is a little less than the instance's memory (the system's share is off), so the real"
        " default is a few per cent lower.",
        "PostgreSQL keeps some connections for superusers; alarm at 80 % of the limit.",
        "Multiplexing depends on the clients: a pinned session shares nothing.",
        "max_connections is static: a changed value waits for a reboot.",
    ),
    sources=(
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html",
    ),
    corrections=(
        Correction(
            "100 connections by default", "LEAST(memory ÷ 9531392, 5000) for PostgreSQL", "about 410 to 450 with 4 GiB"
        ),
    ),
    examples=(
        Example(
            "50 environments and 20 tasks against 100 connections",
            {"max_connections": "100"},
            {"database_connections": "250 connections", "fits": "no: connections are refused"},
        ),
        Example(
            "The same through a proxy",
            {"max_connections": "100", "proxy": "yes"},
            {"database_connections": "50 connections", "fits": "yes"},
        ),
        Example("MySQL with 16 GiB", {"engine": "mysql"}, {"engine_default": "1,365 connections"}),
        Example("PostgreSQL with 64 GiB", {"memory_gib": "64"}, {"engine_default": "5,000 connections"}),
    ),
)

DYNAMODB_COST = Calculator(
    id="calc-dynamodb-cost",
    title="DynamoDB capacity and cost",
    answers="Capacity units, partitions and the monthly cost of a table, provisioned or on demand.",
    inputs=(
        quantity("item_kb", "1", "size of an item (1 KB is 1,024 bytes)", "KB", "0.001", "400"),
        quantity("reads_per_s", "0", "items read a second", "reads/s"),
        quantity("writes_per_s", "0", "items written a second", "writes/s"),
        choice("consistency", ("strong", "eventual", "transactional"), "how items are read"),
        flag("transactional_writes", "items are written in transactions"),
        count("gsis", 0, "global secondary indexes that every write touches", "indexes", 0, 20),
        choice("mode", ("provisioned", "on-demand"), "the capacity mode"),
        quantity("storage_gb", "0", "data stored, with indexes", "GB"),
        hours(),
        flag("free_tier", "take off the account's 25 GB", "yes"),
        PRICED_ON,
    ),
    prices={
        "rcu_price": Item("dynamodb", "rcu-hour"),
        "wcu_price": Item("dynamodb", "wcu-hour"),
        "read_price": Item("dynamodb", "read-request-unit"),
        "write_price": Item("dynamodb", "write-request-unit"),
        "storage_price": Item("dynamodb", "storage-gb-month"),
    },
    steps=(
        step(
            "units_per_read",
            "ceil(item_kb ÷ 4) × pick(consistency, strong=1, eventual=0.5, transactional=2)",
            "units",
            "Units of one read",
        ),
        step(
            "units_per_write",
            "ceil(item_kb) × when(transactional_writes, 2, 1)",
            "units",
            "Units of one write to the table",
        ),
        output("rcu", "ceil(reads_per_s × units_per_read)", "RCU", "Read capacity"),
        output("wcu_table", "ceil(writes_per_s × units_per_write)", "WCU", "Write capacity of the table"),
        output("wcu", "wcu_table × (1 + gsis)", "WCU", "Write capacity with indexes"),
        output(
            "partitions",
            "max(ceil(max(rcu ÷ 3000, wcu_table ÷ 1000, storage_gb ÷ 10)), 1)",
            "partitions",
            "Partitions needed",
        ),
        output(
            "read_cost",
            "pick(mode, provisioned=rcu × hours × rcu_price,"
            " on_demand=reads_per_s × units_per_read × hours × 3600 × read_price)",
            "USD",
            "Reads",
        ),
        output(
            "write_cost",
            "pick(mode, provisioned=wcu × hours × wcu_price,"
            " on_demand=writes_per_s × units_per_write × (1 + gsis) × hours × 3600 × write_price)",
            "USD",
            "Writes",
        ),
        output("storage_cost", "max(storage_gb − when(free_tier, 25, 0), 0) × storage_price", "USD", "Storage"),
        output("total", "read_cost + write_cost + storage_cost", "USD", "Total a month"),
    ),
    assumptions=(
        "The rates are constant all month; provisioned capacity is provisioned for exactly these rates.",
        "Items of an index are as large as those of the table; each index has partitions of its own.",
        "A partition gives 3,000 RCU and 1,000 WCU and holds 10 GB, in both modes.",
        "A projection makes an answer smaller, not the capacity that the read consumes.",
        "Not counted: backups, streams, global tables, reserved capacity, the Standard-IA class.",
    ),
    sources=(
        "https://aws.amazon.com/dynamodb/pricing/",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
        "https://aws.amazon.com/blogs/database/new-amazon-dynamodb-lowers-pricing-for-on-demand-throughput-and-global-tables/",
    ),
    corrections=(
        Correction("$1.25 for a million on-demand writes", "$0.625", "on-demand prices were halved on 1 November 2024"),
    ),
    examples=(
        Example(
            "5,000 RCU and 1,000 WCU, provisioned",
            {"reads_per_s": "5000", "writes_per_s": "1000"},
            {"read_cost": "$474.50", "write_cost": "$474.50", "total": "$949", "partitions": "2 partitions"},
        ),
        Example(
            "An hour of 1,000 writes a second, on demand",
            {"mode": "on-demand", "writes_per_s": "1000", "hours": "1"},
            {"write_cost": "$2.25"},
        ),
        Example(
            "The same before November 2024",
            {"mode": "on-demand", "writes_per_s": "1000", "hours": "1", "priced_on": "2024-10-31"},
            {"write_cost": "$4.50"},
        ),
        Example("45 GB need five partitions", {"storage_gb": "45"}, {"partitions": "5 partitions", "total": "$5"}),
    ),
)
