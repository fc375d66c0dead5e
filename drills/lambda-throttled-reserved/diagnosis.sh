# Two functions of one account: one is throttled, the other is not; and what is set for the one.
# shows: price-quote-throttles\s+ALARM
# shows: track-parcel-throttles\s+OK
# shows: ^5$
# shows when mended: price-quote-throttles\s+OK
aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws lambda get-function-concurrency --function-name price-quote --query ReservedConcurrentExecutions
