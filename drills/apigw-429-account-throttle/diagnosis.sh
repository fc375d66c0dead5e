# Both APIs at once, and what the account has.
# shows: payments-4xxerror\s+ALARM
# shows: ticker-4xxerror\s+ALARM
# shows: ^1000.0\s+500$
# shows when mended: payments-4xxerror\s+OK
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws apigateway get-account --query 'throttleSettings.[rateLimit,burstLimit]' --output text
