# The API's alarm, the function's, and what the API's execution log says of Lambda's answers.
# shows: quotes-5xxerror\s+ALARM
# shows: quote-throttles\s+ALARM
# shows: quote-errors\s+OK
# shows: Lambda invocation failed with status: 429
# shows when mended: quotes-5xxerror\s+OK
# shows when mended: quote-throttles\s+OK
api=$(aws apigateway get-rest-apis --query "items[?name=='quotes'].id" --output text)
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$api/prod" --filter-pattern '"status: 429"' --max-items 3 \
    --query 'events[].message' --output text || true
