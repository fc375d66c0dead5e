# refused because: it was not denied; a ValidationException is no AccessDeniedException
aws iam put-role-policy --role-name find-user-role --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}'
