# refused because: with 500 units no request fails, and each still reads 600 orders to show thirty
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=500,WriteCapacityUnits=50
foulweather clock advance 1m
