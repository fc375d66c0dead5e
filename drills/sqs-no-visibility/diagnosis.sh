# What is sent, what is deleted, how old the oldest message is; and who took the alarm away.
# shows: deleted\s+.*0\.0
# shows: age\s+.*[1-9]\d{3}
# shows: DeleteAlarms
# shows when mended: deleted\s+.*[1-9]
metric() {
    echo "{\"Id\": \"$1\", \"Label\": \"$1\", \"MetricStat\": {\"Stat\": \"$3\", \"Period\": 300, \"Metric\": {\"Namespace\": \"AWS/SQS\",
        \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"QueueName\", \"Value\": \"orders\"}]}}}"
}
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 10 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(metric deleted NumberOfMessagesDeleted Sum), $(metric age ApproximateAgeOfOldestMessage Maximum)]" \
    --query 'MetricDataResults[].[Label,to_string(Values)]' --output text
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteAlarms --max-items 5 \
    --query 'Events[].[EventName,Username]' --output text
