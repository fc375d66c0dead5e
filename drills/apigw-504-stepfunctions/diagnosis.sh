# The API's alarm, its execution log.
# shows: orders-5xxerror\s+ALARM
# shows: Execution failed due to a timeout error
# shows when mended: orders-5xxerror\s+OK
aws cloudwatch describe-alarms --alarm-names orders-5xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$API/prod" \
    --filter-pattern '"Execution failed due to a timeout error"' --max-items 3 --query 'events[].message' --output text || true
