# The API's alarm, and its execution log.
# shows: prices-5xxerror\s+ALARM
# shows: PKIX path building failed
# shows when mended: prices-5xxerror\s+OK
aws cloudwatch describe-alarms --alarm-names prices-5xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
API=$(aws apigateway get-rest-apis --query "items[?name=='prices'].id" --output text)
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$API/prod" \
    --filter-pattern '"PKIX path building failed"' --max-items 3 --query 'events[].message' --output text || true
