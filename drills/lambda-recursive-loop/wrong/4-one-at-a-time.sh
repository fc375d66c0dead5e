# refused because: the same sixteen runs, one after the other
aws lambda put-function-concurrency --function-name make-thumbnail --reserved-concurrent-executions 1
