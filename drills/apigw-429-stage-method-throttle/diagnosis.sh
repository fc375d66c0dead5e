# The alarm, what the stage lets through for the method, and what the plan does.
# shows: orders-4xxerror\s+ALARM
# shows: ^200.0\s+500$
# shows: ^5.0\s+10$
# shows when mended: orders-4xxerror\s+OK
# shows when mended: ^20.0\s+40$
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws apigateway get-stage --rest-api-id "$api" --stage-name prod \
    --query 'methodSettings."orders/GET".[throttlingRateLimit,throttlingBurstLimit]' --output text
aws apigateway get-usage-plans --query "items[?name=='free'].apiStages[].throttle.\"/orders/GET\".[rateLimit,burstLimit]" --output text
