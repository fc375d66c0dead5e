# refused because: checkout is sure of its hundred, and login still finds nothing left
aws lambda put-function-concurrency --function-name checkout --reserved-concurrent-executions 100
