# The function's alarm, and what its log says.
# shows: find-user-errors\s+ALARM
# shows: not authorized to perform: dynamodb:Query
# shows when mended: find-user-errors\s+OK
aws cloudwatch describe-alarms --alarm-names find-user-errors --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/find-user --filter-pattern ERROR --max-items 3 --query 'events[].message' --output text
