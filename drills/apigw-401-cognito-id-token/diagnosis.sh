# The alarm on the share of refusals.
# shows: orders-4xx-rate\s+ALARM
# shows when mended: orders-4xx-rate\s+OK
aws cloudwatch describe-alarms --alarm-names orders-4xx-rate --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
