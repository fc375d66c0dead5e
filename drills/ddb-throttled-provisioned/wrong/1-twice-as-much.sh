# refused because: 100 is twice of 50, and still below 150
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=100
