# refused because: it holds this rush, and is paid for every quiet hour; nobody scales it
aws dynamodb update-table --table-name orders --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=1000
