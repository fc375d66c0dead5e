# How many messages were received more often than they were sent, in the last hour.
# shows: received again\s+([3-9]|[1-9]\d)
metric() {
    echo "{\"Id\": \"$1\", \"ReturnData\": false, \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 3600, \"Metric\": {\"Namespace\": \"AWS/SQS\",
        \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"QueueName\", \"Value\": \"orders\"}]}}}"
}
again='{"Id": "again", "Expression": "received - sent", "Label": "received again"}'
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 60 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(metric received NumberOfMessagesReceived), $(metric sent NumberOfMessagesSent), $again]" \
    --query 'MetricDataResults[].[Label,sum(Values)]' --output text
