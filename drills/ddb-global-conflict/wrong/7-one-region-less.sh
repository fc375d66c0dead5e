# refused because: without the replica there is no conflict, and no table in Europe either
aws dynamodb update-table --table-name likes --replica-updates '[{"Delete": {"RegionName": "eu-west-1"}}]' > /dev/null
foulweather clock advance 2m
