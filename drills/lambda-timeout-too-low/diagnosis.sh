# The alarm, what the log says, and what the function is configured for.
# shows: sales-report-errors\s+ALARM
# shows: Task timed out after 3.00 seconds
# shows: ^3$
# shows when mended: sales-report-errors\s+OK
aws cloudwatch describe-alarms --alarm-names sales-report-errors --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/sales-report --filter-pattern '"timed out"' --max-items 3 --query 'events[].message' --output text
aws lambda get-function-configuration --function-name sales-report --query Timeout
