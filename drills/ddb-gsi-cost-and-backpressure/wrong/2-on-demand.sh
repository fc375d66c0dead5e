# refused because: on demand nothing is throttled, and six write request units are paid for each order
aws dynamodb update-table --table-name orders --billing-mode PAY_PER_REQUEST
foulweather clock advance 5m
