# The alarms that there are; how many orders failed of how many in two hours and a half; and what the function said of them.
# shows: cpu-high\s+OK
# shows: failed\s+[1-9]\d*\.0
# shows: ServiceException
# shows when mended: service-unhealthy\s+OK
START=$(date -u -d "$NOW - 150 minutes" +%Y-%m-%dT%H:%M:00Z)
metric() {
    echo "{\"Id\": \"$1\", \"MetricStat\": {\"Stat\": \"$3\", \"Period\": 300, \"Metric\": {\"Namespace\": \"AWS/ApiGateway\",
        \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"ApiName\", \"Value\": \"orders\"}, {\"Name\": \"Stage\", \"Value\": \"prod\"}]}}}"
}
aws cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --query '[MetricAlarms, CompositeAlarms][].[AlarmName,StateValue]' --output text
aws cloudwatch get-metric-data --start-time "$START" --end-time "$NOW" \
    --metric-data-queries "[$(metric failed 5XXError Sum), $(metric asked Count Sum)]" \
    --query 'MetricDataResults[].[Id,sum(Values)]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/process-order --start-time "$(date -u -d "$START" +%s)000" \
    --filter-pattern '"[ERROR]"' --max-items 3 --query 'events[].message' --output text
