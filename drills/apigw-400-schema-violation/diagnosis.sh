# The alarm, and the violations in the execution log.
# shows: orders-4xxerror\s+ALARM
# shows: numeric instance is lower than the required minimum \(minimum: 1, found: 0\)
# shows when mended: orders-4xxerror\s+OK
# shows: array is too short: must have at least 1 elements but instance has 0 elements
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$api/prod" --filter-pattern '"does not match model schema"' \
    --query 'events[].message' --output text || true
