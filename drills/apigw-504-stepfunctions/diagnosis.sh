# The API's alarm, its execution log, and the last executions.
# shows: orders-5xxerror\s+ALARM
# shows: Execution failed due to a timeout error
# shows: SUCCEEDED
# shows when mended: orders-5xxerror\s+OK
aws cloudwatch describe-alarms --alarm-names orders-5xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
if [ -n "$(aws logs describe-log-groups --log-group-name-prefix "API-Gateway-Execution-Logs_$API/prod" --query 'logGroups[].logGroupName' --output text)" ]; then
    aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$API/prod" \
        --filter-pattern '"Execution failed due to a timeout error"' --max-items 3 --query 'events[].message' --output text
fi
MACHINE=$(aws stepfunctions list-state-machines --query "stateMachines[?name=='process-order'].stateMachineArn" --output text)
aws stepfunctions list-executions --state-machine-arn "$MACHINE" --max-items 3 --query 'executions[].[status,startDate,stopDate]' --output text
