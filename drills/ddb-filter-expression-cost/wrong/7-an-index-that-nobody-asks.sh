# refused because: DynamoDB chooses no index by itself; the page reads the table as before
aws dynamodb update-table --table-name orders \
    --attribute-definitions AttributeName=customer,AttributeType=S AttributeName=amount,AttributeType=N \
    --global-secondary-index-updates '[{"Create": {"IndexName": "by-amount",
      "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "amount", "KeyType": "RANGE"}],
      "Projection": {"ProjectionType": "ALL"},
      "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}}}]' > /dev/null
foulweather clock advance 5m
