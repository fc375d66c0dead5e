# The API's alarm, and the authorizer's log.
# shows: orders-4xxerror\s+ALARM
# shows: InvalidSignatureError
# shows when mended: orders-4xxerror\s+OK
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/verify-token --filter-pattern InvalidSignatureError --max-items 3 \
    --query 'events[].message' --output text
