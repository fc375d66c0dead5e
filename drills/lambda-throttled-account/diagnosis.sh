# Who is throttled, and who has how much: the alarms, and how many of each function run at once.
# shows: checkout-throttles\s+ALARM
# shows: login-throttles\s+ALARM
# shows: render-archive\s+(9\d\d|1000)
# shows when mended: checkout-throttles\s+OK
# shows when mended: render-archive\s+[78]\d\d
aws cloudwatch describe-alarms --alarm-names checkout-throttles login-throttles --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
for function in checkout login render-archive; do
    echo "$function $(aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name ConcurrentExecutions --statistics Maximum \
        --dimensions "Name=FunctionName,Value=$function" --period 60 --start-time "$(date -u -d "$NOW - 4 minutes" +%FT%TZ)" --end-time "$NOW" \
        --query 'max(Datapoints[].Maximum || `[0]`)' --output text | cut -d. -f1)"
done
