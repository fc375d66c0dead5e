# refused because: an index of keys does not know the status, and the page shows it
aws dynamodb update-table --table-name orders \
    --attribute-definitions AttributeName=customer,AttributeType=S AttributeName=amount,AttributeType=N \
    --global-secondary-index-updates '[{"Create": {"IndexName": "by-amount",
      "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "amount", "KeyType": "RANGE"}],
      "Projection": {"ProjectionType": "KEYS_ONLY"},
      "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}}}]' > /dev/null
foulweather clock advance 5m
foulweather drill deploy large-orders find=index
