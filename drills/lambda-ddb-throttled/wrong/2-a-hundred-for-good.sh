# refused because: it holds, and is paid for in every hour without a newsletter; nobody scales it
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=5
