aws lambda put-function-concurrency --function-name quote --reserved-concurrent-executions 75
