# Who attached AdministratorAccess, to whom, and when.
# shows: ci-pipeline
# shows: AdministratorAccess
# shows: "type":"Root"
aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=AttachUserPolicy \
    --start-time "$(date -u -d "$NOW - 2 hours" +%FT%TZ)" --query 'Events[].CloudTrailEvent' --output text
