# The API's alarm.
# shows: orders-4xxerror\s+ALARM
# shows when mended: orders-4xxerror\s+OK
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
