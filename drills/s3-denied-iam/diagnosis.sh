# The bucket's alarm, and who changed the role in the last two hours. (CloudTrail tells it some five minutes later; calls on
# objects are data events, which no trail of this account asks for.)
# shows: app-bucket-4xx\s+ALARM
# shows: PutRolePolicy\s+root
# shows when mended: app-bucket-4xx\s+OK
aws cloudwatch describe-alarms --alarm-names app-bucket-4xx --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=app-role \
    --start-time "$(date -u -d "$NOW - 2 hours" +%FT%TZ)" --query 'Events[?ReadOnly==`"false"`].[EventTime,EventName,Username]' --output text
