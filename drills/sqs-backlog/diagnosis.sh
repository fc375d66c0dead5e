# How old the oldest message is, and what comes and leaves in five minutes.
# shows: prints-oldest-message\s+ALARM
# shows: growth of the backlog\s+.*[,\[][1-9]\d\d
# shows when mended: prints-oldest-message\s+OK
# shows when mended: growth of the backlog\s+.*-[1-9]\d\d
aws cloudwatch describe-alarms --alarm-names prints-oldest-message --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
metric() {
    echo "{\"Id\": \"$1\", \"ReturnData\": false, \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 300, \"Metric\": {\"Namespace\": \"AWS/SQS\",
        \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"QueueName\", \"Value\": \"prints\"}]}}}"
}
growth='{"Id": "growth", "Expression": "sent - deleted", "Label": "growth of the backlog"}'
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 10 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(metric sent NumberOfMessagesSent), $(metric deleted NumberOfMessagesDeleted), $growth]" \
    --query 'MetricDataResults[].[Label,to_string(Values)]' --output text
