# refused because: nothing is throttled now; what is thrown away then, is thrown away again with a longer list
aws dynamodb update-table --table-name prices --provisioned-throughput ReadCapacityUnits=1000,WriteCapacityUnits=1000
