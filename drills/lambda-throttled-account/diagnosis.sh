# Who is throttled: the alarms, and the throttles of each function in ten minutes.
# shows: checkout-throttles\s+ALARM
# shows: login-throttles\s+ALARM
# shows: checkout [1-9]\d
# shows: render-archive [1-9]\d\d
# shows when mended: checkout-throttles\s+OK
# shows when mended: checkout 0
# shows when mended: login 0
aws cloudwatch describe-alarms --alarm-names checkout-throttles login-throttles --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
for function in checkout login render-archive; do
    echo "$function $(aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Throttles --statistics Sum \
        --dimensions "Name=FunctionName,Value=$function" --period 600 --start-time "$(date -u -d "$NOW - 10 minutes" +%FT%TZ)" --end-time "$NOW" \
        --query 'sum(Datapoints[].Sum)' --output text | cut -d. -f1)"
done
