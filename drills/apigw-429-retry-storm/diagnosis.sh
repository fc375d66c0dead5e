# The alarm, and how often single orders were refused.
# shows: orders-4xxerror\s+ALARM
# shows: ^\s*15 order-\d+$
# shows when mended: orders-4xxerror\s+OK
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws cloudwatch describe-alarms --alarm-names orders-4xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name "/aws/apigateway/$api" --filter-pattern '{ $.status = "429" }' --query 'events[].message' --output text |
    tr ' ' '\n' | sed -n 's/.*\(order-[0-9]*\).*/\1/p' | sort | uniq -c | sort -rn | sed -n 1,3p
