# refused because: the ARN names a table of another account, and so matches none of ours
aws iam put-role-policy --role-name find-user-role --policy-name query --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:Query","Resource":["arn:aws:dynamodb:us-east-1:123456789012:table/Users","arn:aws:dynamodb:us-east-1:123456789012:table/Users/index/by-email"]}]}'
