aws iam attach-role-policy --role-name charge-card-role --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
