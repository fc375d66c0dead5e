# refused because: who looks users up could delete them, and read payments
aws iam put-role-policy --role-name find-user-role --policy-name query --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}'
