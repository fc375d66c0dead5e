# refused because: reserved concurrency keeps room, not environments: each of them still starts cold
aws lambda put-function-concurrency --function-name quote --reserved-concurrent-executions 15
