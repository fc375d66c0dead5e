# refused because: an index has an ARN of its own, and the table's does not match it
aws iam put-role-policy --role-name find-user-role --policy-name query --policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"dynamodb:Query\",\"Resource\":\"arn:aws:dynamodb:us-east-1:$ACCOUNT:table/Users\"}]}"
