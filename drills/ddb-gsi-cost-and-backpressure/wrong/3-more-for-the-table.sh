# refused because: the table was never short of units; the index throttles as before
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=60,WriteCapacityUnits=600
foulweather clock advance 1m
