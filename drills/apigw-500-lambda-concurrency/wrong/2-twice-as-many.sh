# refused because: twenty of fifty are served, then
aws lambda put-function-concurrency --function-name quote --reserved-concurrent-executions 20
