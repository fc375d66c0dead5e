# refused because: it closes what the finding names, and everything else of DynamoDB is as open as before, on every table
aws iam put-role-policy --role-name book-shipment-role --policy-name no-delete --policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Deny","Action":"dynamodb:DeleteTable","Resource":"*"}]}'
