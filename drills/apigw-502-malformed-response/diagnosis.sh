# The API's alarm and the function's, and what the API's execution log says.
# shows: orders-5xxerror\s+ALARM
# shows: get-order-errors\s+OK
# shows: Execution failed due to configuration error: Malformed Lambda proxy response
# shows when mended: orders-5xxerror\s+OK
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$api/prod" --filter-pattern Malformed --max-items 3 \
    --query 'events[].message' --output text || true
