# The alarm on the function's time, and REPORT lines of the last half hour.
# shows: thumbnail-duration\s+ALARM
# shows: Memory Size: 128 MB\s+Max Memory Used: [567]\d MB
# shows when mended: thumbnail-duration\s+OK
aws cloudwatch describe-alarms --alarm-names thumbnail-duration --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/thumbnail --filter-pattern '"REPORT RequestId"' \
    --start-time "$(date -u -d "$NOW - 30 minutes" +%s)000" --max-items 5 --query 'events[].message' --output text
