# The alarm, and which content type the model was held against.
# shows: profiles-4xxerror\s+ALARM
# shows: does not match model schema for content type application/json: \[the body is not JSON
# shows when mended: profiles-4xxerror\s+OK
api=$(aws apigateway get-rest-apis --query "items[?name=='profiles'].id" --output text)
aws cloudwatch describe-alarms --alarm-names profiles-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$api/prod" --filter-pattern '"does not match model schema"' \
    --query 'events[].message' --output text || true
