# refused because: the function may still delete its own table
TABLE=arn:aws:dynamodb:us-east-1:$ACCOUNT:table/Shipments
aws iam put-role-policy --role-name book-shipment-role --policy-name shipments --policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"dynamodb:*","Resource":["'"$TABLE"'","'"$TABLE"'/index/*"]}]}'
aws iam detach-role-policy --role-name book-shipment-role --policy-arn arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess
