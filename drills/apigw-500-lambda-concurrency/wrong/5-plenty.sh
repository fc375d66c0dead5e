# refused because: five hundred at a time are more than the partner bears
aws lambda put-function-concurrency --function-name quote --reserved-concurrent-executions 500
