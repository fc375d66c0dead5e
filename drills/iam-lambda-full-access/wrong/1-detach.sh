# refused because: the statements for the table were tidied away this morning; without the policy nothing is booked
aws iam detach-role-policy --role-name book-shipment-role --policy-arn arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess
