# refused because: it stops the loop, which is right as a first step; no photo has a thumbnail any longer
aws lambda put-function-concurrency --function-name make-thumbnail --reserved-concurrent-executions 0
