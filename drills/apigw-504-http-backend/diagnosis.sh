# The API's alarms, and its execution log.
# shows: stock-5xxerror\s+ALARM
# shows: stock-integrationlatency\s+ALARM
# shows: Execution failed due to a timeout error
# shows: 29\d\d\d\.0
# shows when mended: stock-5xxerror\s+OK
# shows when mended: stock-integrationlatency\s+OK
aws cloudwatch describe-alarms --alarm-names stock-5xxerror stock-integrationlatency --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
API=$(aws apigateway get-rest-apis --query "items[?name=='stock'].id" --output text)
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 10 minutes" +%Y-%m-%dT%H:%M:%SZ)" --end-time "$NOW" \
    --metric-data-queries '[{"Id":"m","MetricStat":{"Metric":{"Namespace":"AWS/ApiGateway","MetricName":"IntegrationLatency","Dimensions":[{"Name":"ApiName","Value":"stock"},{"Name":"Stage","Value":"prod"}]},"Period":60,"Stat":"Maximum"}}]' \
    --query 'MetricDataResults[].Values' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$API/prod" \
    --filter-pattern '"Execution failed due to a timeout error"' --max-items 3 --query 'events[].message' --output text || true
