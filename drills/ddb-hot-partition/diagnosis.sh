# What the table is given and uses, in units a second; how many writes were throttled, and by which limit.
# shows: provisioned\s+5000
# shows: used\s+[1-9]\d{1,2}(\.\d+)?\s
# shows: throttled\s+[1-9]
# shows: throttled by a key range\s+[1-9]
# shows when mended: throttled\s+None
metric() {
    echo "{\"Id\": \"$1\", \"Label\": \"$4\", \"ReturnData\": $5, \"MetricStat\": {\"Stat\": \"$3\", \"Period\": 60, \"Metric\": {\"Namespace\":
        \"AWS/DynamoDB\", \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"TableName\", \"Value\": \"orders\"}]}}}"
}
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 9 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(metric p ProvisionedWriteCapacityUnits Maximum provisioned true),
        $(metric c ConsumedWriteCapacityUnits Sum used false), {\"Id\": \"used\", \"Expression\": \"c / 60\", \"Label\": \"used\"},
        $(metric w WriteThrottleEvents Sum throttled true),
        $(metric k WriteKeyRangeThroughputThrottleEvents Sum 'throttled by a key range' true)]" \
    --query 'MetricDataResults[].[Label,max(Values),sum(Values)]' --output text
