# refused because: nothing is throttled any more, and every request is paid for with three hundred read units
aws dynamodb update-table --table-name orders --billing-mode PAY_PER_REQUEST
foulweather clock advance 5m
