# refused because: one at a time still asks for ten units a second, and whoever comes second is refused by Lambda instead
aws lambda put-function-concurrency --function-name list-orders --reserved-concurrent-executions 1
