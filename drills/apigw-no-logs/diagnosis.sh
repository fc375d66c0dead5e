# The API's alarm, and what the stage and the account say of logs.
# shows: orders-5xxerror\s+ALARM
# shows: OFF
aws cloudwatch describe-alarms --alarm-names orders-5xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway get-stage --rest-api-id "$API" --stage-name prod --query 'methodSettings'
aws apigateway get-account --query cloudwatchRoleArn
