# The alarm, what the execution log says, and what the method requires.
# shows: orders-4xxerror\s+ALARM
# shows: Missing required request parameters: \[limit\]
# shows: "method.request.querystring.limit": true
# shows when mended: orders-4xxerror\s+OK
# shows when mended: "method.request.querystring.limit": false
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
resource=$(aws apigateway get-resources --rest-api-id "$api" --query "items[?path=='/orders'].id" --output text)
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$api/prod" --filter-pattern '"[limit]"' --max-items 3 \
    --query 'events[].message' --output text || true
aws apigateway get-method --rest-api-id "$api" --resource-id "$resource" --http-method GET --query requestParameters
