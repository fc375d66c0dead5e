# refused because: what failed is kept, after three runs
QUEUE=arn:aws:sqs:us-east-1:$ACCOUNT:partner-failed
aws iam put-role-policy --role-name sync-partner-role --policy-name keep-failed --policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sqs:SendMessage\",\"Resource\":\"$QUEUE\"}]}"
aws lambda put-function-event-invoke-config --function-name sync-partner --destination-config "{\"OnFailure\":{\"Destination\":\"$QUEUE\"}}"
