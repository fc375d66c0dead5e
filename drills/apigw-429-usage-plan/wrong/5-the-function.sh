# refused because: the function was never asked; it has not throttled anybody
aws lambda put-function-concurrency --function-name my-checkout --reserved-concurrent-executions 500
