# refused because: a partition has 1,000 write units a second, whatever the table is given
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=5000,WriteCapacityUnits=10000
