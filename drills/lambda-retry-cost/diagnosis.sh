# The alarm, and how many errors there are for each event.
# shows: sync-partner-errors\s+ALARM
# shows: errors for each event\s+.*[\[,](2|3)
# shows when mended: errors for each event\s+.*[\[,]1(\.\d+)?[\],]
aws cloudwatch describe-alarms --alarm-names sync-partner-errors --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
metric() {
    echo "{\"Id\": \"$1\", \"ReturnData\": false, \"MetricStat\": {\"Stat\": \"Sum\", \"Period\": 300, \"Metric\": {\"Namespace\": \"AWS/Lambda\",
        \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"FunctionName\", \"Value\": \"sync-partner\"}]}}}"
}
share='{"Id": "share", "Expression": "errors / received", "Label": "errors for each event"}'
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 15 minutes" +%FT%TZ)" --end-time "$NOW" \
    --metric-data-queries "[$(metric errors Errors), $(metric received AsyncEventsReceived), $share]" \
    --query 'MetricDataResults[].[Label,to_string(Values)]' --output text
