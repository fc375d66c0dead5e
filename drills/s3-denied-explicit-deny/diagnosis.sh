# Who took a tag from a role, and which.
# shows: UntagRole.*"tagKeys": ?\["clearance"\]
aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=UntagRole \
    --query 'Events[].[EventName,Username,CloudTrailEvent]' --output text
