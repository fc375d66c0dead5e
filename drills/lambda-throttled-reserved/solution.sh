aws lambda put-function-concurrency --function-name price-quote --reserved-concurrent-executions 45
