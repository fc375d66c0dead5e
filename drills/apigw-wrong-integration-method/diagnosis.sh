# The API's alarm, and its execution log.
# shows: orders-5xxerror\s+ALARM
# shows: Unable to determine service/operation name to be authorized
# shows when mended: orders-5xxerror\s+OK
aws cloudwatch describe-alarms --alarm-names orders-5xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$API/prod" \
    --filter-pattern '"Unable to determine service/operation name to be authorized"' --max-items 3 --query 'events[].message' --output text || true
