# The alarm, and how often single orders were asked for.
# shows: orders-4xxerror\s+ALARM
# shows: /prod/orders/order-\d+\s+30$
# shows when mended: orders-4xxerror\s+OK
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
end=$(date -d "$NOW" +%s)
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
query=$(aws logs start-query --log-group-name "/aws/apigateway/$api" --start-time $((end - 1800)) --end-time "$end" \
    --query-string 'stats count(*) as requests by path | sort requests desc | limit 5' --query queryId --output text)
aws logs get-query-results --query-id "$query" --query 'results[].[[0].value,[1].value]' --output text
