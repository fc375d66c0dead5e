# refused because: ValidationException is no denial
aws iam put-user-policy --user-name order-page --policy-name more \
    --policy-document '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}'
