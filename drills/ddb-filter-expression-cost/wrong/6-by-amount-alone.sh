# refused because: with the amount as partition key there is no run of amounts to ask for
aws dynamodb update-table --table-name orders --attribute-definitions AttributeName=amount,AttributeType=N \
    --global-secondary-index-updates '[{"Create": {"IndexName": "by-amount",
      "KeySchema": [{"AttributeName": "amount", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"},
      "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}}}]' > /dev/null
foulweather clock advance 5m
foulweather drill deploy large-orders find=index
