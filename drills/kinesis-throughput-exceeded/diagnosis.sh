# The alarm, and what each shard took in the last five minutes: one of them everything.
# shows: clickstream-throttled\s+ALARM
# shows: shardId-000000000003\s+\[([5-9]|1\d)\d\d\d
# shows: shardId-000000000000\s+\[\d?\d?\.?\d?\]
# shows when mended: clickstream-throttled\s+OK
aws cloudwatch describe-alarms --alarm-names clickstream-throttled --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
shard() {
    echo "{\"Id\": \"shard$1\", \"Label\": \"shardId-00000000000$1\", \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 300, \"Metric\": {
        \"Namespace\": \"AWS/Kinesis\", \"MetricName\": \"IncomingRecords\", \"Dimensions\": [
            {\"Name\": \"StreamName\", \"Value\": \"clickstream\"}, {\"Name\": \"ShardId\", \"Value\": \"shardId-00000000000$1\"}]}}}"
}
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 5 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(shard 0), $(shard 1), $(shard 2), $(shard 3)]" \
    --query 'MetricDataResults[].[Label,to_string(Values)]' --output text
