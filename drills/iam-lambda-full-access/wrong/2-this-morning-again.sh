# refused because: that is what was refused this morning: the release updates, too
TABLE=arn:aws:dynamodb:us-east-1:$ACCOUNT:table/Shipments
aws iam put-role-policy --role-name book-shipment-role --policy-name shipments --policy-document '{"Version":"2012-10-17","Statement":[
  {"Sid":"Book","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":"'"$TABLE"'"},
  {"Sid":"Find","Effect":"Allow","Action":"dynamodb:Query","Resource":["'"$TABLE"'","'"$TABLE"'/index/*"]}]}'
aws iam detach-role-policy --role-name book-shipment-role --policy-arn arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess
