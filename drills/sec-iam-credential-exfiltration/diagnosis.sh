# The key that was made with the leaked one, and from where; then what was asked with that key, and from where.
# shows: CreateAccessKey\sci-deploy\s.*198\.51\.100\.23
# shows: (AssumeRole|GetSessionToken)\s+198\.51\.100\.23
SINCE=$(date -u -d "$NOW - 2 hours" +%FT%TZ)
aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateAccessKey --start-time "$SINCE" \
    --query 'Events[].[EventName,Username,CloudTrailEvent]' --output text | tee /tmp/diagnosis-$$
KEY=$(sed -n 's/.*"responseElements":{"accessKey":{[^}]*"accessKeyId":"\([A-Z0-9]*\)".*/\1/p' /tmp/diagnosis-$$ | head -1)
rm /tmp/diagnosis-$$
if [ -n "$KEY" ]; then
    aws cloudtrail lookup-events --lookup-attributes "AttributeKey=AccessKeyId,AttributeValue=$KEY" --max-items 20 \
        --query 'Events[].CloudTrailEvent' --output text | tr '\t' '\n' |
        sed -n 's/.*"eventName":"\([A-Za-z]*\)".*"sourceIPAddress":"\([0-9.]*\)".*/\1 \2/p'
fi
