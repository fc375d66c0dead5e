# refused because: events of a function that may not run at all are dropped without a retry: the documents are lost
aws lambda put-function-concurrency --function-name render-archive --reserved-concurrent-executions 0
