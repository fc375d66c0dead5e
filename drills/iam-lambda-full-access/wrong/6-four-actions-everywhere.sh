# refused because: four actions on every table are salaries, too
aws iam put-role-policy --role-name book-shipment-role --policy-name shipments --policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:Query"],"Resource":"*"}]}'
aws iam detach-role-policy --role-name book-shipment-role --policy-arn arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess
