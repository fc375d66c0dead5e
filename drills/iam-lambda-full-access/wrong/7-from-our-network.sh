# refused because: aws:SourceVpc is there for requests through a VPC endpoint alone; the function sends none, and everything is denied
TABLE=arn:aws:dynamodb:us-east-1:$ACCOUNT:table/Shipments
aws iam put-role-policy --role-name book-shipment-role --policy-name shipments --policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:Query"],"Resource":["'"$TABLE"'","'"$TABLE"'/index/*"],
   "Condition":{"StringEquals":{"aws:SourceVpc":"vpc-0a1b2c3d4e5f60718"}}}]}'
aws iam detach-role-policy --role-name book-shipment-role --policy-arn arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess
