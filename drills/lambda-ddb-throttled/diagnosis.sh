# What the dashboard asks for, and what it would have to ask for; then the metric that has the table alone.
# shows: ^by table\s+\[\]
# shows: ^by table and operation\s+\[.*[1-9]
# shows: ^ReadThrottleEvents\s+\[.*[1-9]
# shows: list-orders-errors\s+ALARM
# shows when mended: list-orders-errors\s+OK
sums() {
    echo -n "$1 "
    aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name "$2" --statistics Sum --period 300 \
        --start-time "$(date -u -d "$NOW - 15 minutes" +%FT%TZ)" --end-time "$NOW" --dimensions "${@:3}" \
        --query 'to_string(Datapoints[].Sum)' --output text
}
sums "by table" ThrottledRequests Name=TableName,Value=orders
sums "by table and operation" ThrottledRequests Name=TableName,Value=orders Name=Operation,Value=Query
sums ReadThrottleEvents ReadThrottleEvents Name=TableName,Value=orders
aws cloudwatch describe-alarms --alarm-names list-orders-errors --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
