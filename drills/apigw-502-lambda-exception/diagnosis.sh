# Both alarms, and what the function's log says.
# shows: shop-5xxerror\s+ALARM
# shows: checkout-errors\s+ALARM
# shows: KeyError: 'coupon'
# shows when mended: shop-5xxerror\s+OK
# shows when mended: checkout-errors\s+OK
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name /aws/lambda/checkout --filter-pattern ERROR --query 'events[].message' --output text
