# The function's alarm, and what its log says.
# shows: book-order-errors\s+ALARM
# shows: not authorized to perform: s3:PutObject
# shows when mended: book-order-errors\s+OK
aws cloudwatch describe-alarms --alarm-names book-order-errors --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/book-order --filter-pattern ERROR --max-items 3 --query 'events[].message' --output text
