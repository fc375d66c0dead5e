# The orders of a customer by amount, with the one further attribute that the page shows.
aws dynamodb update-table --table-name orders \
    --attribute-definitions AttributeName=customer,AttributeType=S AttributeName=amount,AttributeType=N \
    --global-secondary-index-updates '[{"Create": {"IndexName": "by-amount",
      "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "amount", "KeyType": "RANGE"}],
      "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status"]},
      "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}}}]' > /dev/null
foulweather clock advance 5m
# It is filled: now the page may ask it.
foulweather drill deploy large-orders find=index
