# The alarm, and what was published, delivered and filtered out in the last five minutes.
# shows: order-events-no-attributes\s+ALARM
# shows: published\s+[1-9]
# shows: delivered\s+0
# shows: without attributes\s+[1-9]
# shows when mended: order-events-no-attributes\s+OK
# shows when mended: delivered\s+[1-9]
aws cloudwatch describe-alarms --alarm-names order-events-no-attributes --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
metric() {
    echo "{\"Id\": \"$1\", \"Label\": \"$2\", \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 60, \"Metric\": {\"Namespace\": \"AWS/SNS\",
        \"MetricName\": \"$3\", \"Dimensions\": [{\"Name\": \"TopicName\", \"Value\": \"order-events\"}]}}}"
}
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 5 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(metric p published NumberOfMessagesPublished), $(metric d delivered NumberOfNotificationsDelivered),
        $(metric f 'without attributes' NumberOfNotificationsFilteredOut-NoMessageAttributes)]" \
    --query 'MetricDataResults[].[Label,sum(Values)]' --output text
