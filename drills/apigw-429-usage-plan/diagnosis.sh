# The API is throttled, the function is not; and what the plans let through.
# shows: shop-4xxerror\s+ALARM
# shows: my-checkout-throttles\s+OK
# shows: shop-plan\s+1000.0\s+50
# shows when mended: shop-4xxerror\s+OK
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws apigateway get-usage-plans --query 'items[].[name,throttle.rateLimit,throttle.burstLimit]' --output text
