# refused because: pictures do not wait for one another; each takes too long by itself
aws lambda put-function-concurrency --function-name thumbnail --reserved-concurrent-executions 200
