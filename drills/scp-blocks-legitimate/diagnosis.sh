# The alarm on denials by service control policies, and what the organization's trail has of them: whose call, where, and why.
# shows: denied-by-scp\s+ALARM
# shows: CreateQueue.*eu-west-1.*with an explicit deny in a service control policy
# shows when mended: denied-by-scp\s+OK
aws cloudwatch describe-alarms --alarm-names denied-by-scp --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws logs filter-log-events --log-group-name org-trail --start-time "$(date -u -d "$NOW - 1 hour" +%s000)" \
    --filter-pattern '{ ($.awsRegion = "eu-west-1") && ($.errorMessage = "*service control policy*") }' \
    --max-items 3 --query 'events[].message' --output text
