# refused because: two a second that take ten seconds each are twenty at a time; ten is half
aws lambda put-function-concurrency --function-name price-quote --reserved-concurrent-executions 10
