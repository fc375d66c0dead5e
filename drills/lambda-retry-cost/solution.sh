# One attempt; what failed goes to the queue, with the function's own role.
QUEUE=arn:aws:sqs:us-east-1:$ACCOUNT:partner-failed
aws iam put-role-policy --role-name sync-partner-role --policy-name keep-failed --policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sqs:SendMessage\",\"Resource\":\"$QUEUE\"}]}"
aws lambda put-function-event-invoke-config --function-name sync-partner --maximum-retry-attempts 0 \
    --destination-config "{\"OnFailure\":{\"Destination\":\"$QUEUE\"}}"
