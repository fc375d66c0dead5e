# refused because: no write is throttled any more, and each still costs six units
aws dynamodb update-table --table-name orders --global-secondary-index-updates \
    '[{"Update": {"IndexName": "by-user-product", "ProvisionedThroughput": {"ReadCapacityUnits": 60, "WriteCapacityUnits": 60}}}]'
foulweather clock advance 1m
