# refused because: each environment makes a stream of its own before it puts events, and that is refused as before
aws iam put-role-policy --role-name charge-card-role --policy-name logs --policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"logs:PutLogEvents\",\"Resource\":\"arn:aws:logs:us-east-1:$ACCOUNT:log-group:/aws/lambda/charge-card:*\"}]}"
