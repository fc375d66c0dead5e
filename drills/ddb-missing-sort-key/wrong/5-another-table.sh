# refused because: with user_id alone as key, a customer has one order; and all that were there are gone
aws dynamodb delete-table --table-name orders > /dev/null
foulweather clock advance 1m
aws dynamodb create-table --table-name orders --attribute-definitions AttributeName=user_id,AttributeType=S \
    --key-schema AttributeName=user_id,KeyType=HASH --billing-mode PAY_PER_REQUEST > /dev/null
foulweather clock advance 1m
