# The alarm, what the execution log says, and what remains to the key.
# shows: tracking-4xxerror\s+ALARM
# shows: quota exceeded for API Key
# shows: ^\d+\s+0$
# shows when mended: tracking-4xxerror\s+OK
api=$(aws apigateway get-rest-apis --query "items[?name=='tracking'].id" --output text)
free=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
day=${NOW%%T*}
aws cloudwatch describe-alarms --alarm-names tracking-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "API-Gateway-Execution-Logs_$api/prod" --max-items 3 --query 'events[].message' --output text || true
aws apigateway get-usage --usage-plan-id "$free" --start-date "$day" --end-date "$day" --query 'items.*[]' --output text
