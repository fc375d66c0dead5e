# refused because: a look of twenty units every two seconds is ten a second; eight are still too few
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=8,WriteCapacityUnits=5
