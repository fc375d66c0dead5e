# refused because: partitions of on-demand tables have the same limits
aws dynamodb update-table --table-name orders --billing-mode PAY_PER_REQUEST
