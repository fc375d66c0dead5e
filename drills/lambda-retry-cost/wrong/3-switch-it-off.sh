# refused because: nothing runs, nothing is tried, and what comes is dropped
aws lambda put-function-concurrency --function-name sync-partner --reserved-concurrent-executions 0
