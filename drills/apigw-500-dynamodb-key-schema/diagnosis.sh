# The API's alarm and the function's, what the function's log says, and the table's key.
# shows: directory-5xxerror\s+ALARM
# shows: find-user-errors\s+OK
# shows: ValidationException.*Query condition missed key schema element: userId
# shows: ^userId\s+HASH$
# shows when mended: directory-5xxerror\s+OK
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/find-user --filter-pattern ERROR --max-items 3 --query 'events[].message' --output text
aws dynamodb describe-table --table-name Users --query 'Table.KeySchema[].[AttributeName,KeyType]' --output text
