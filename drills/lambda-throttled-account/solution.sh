# The archive has a room of its own, and cannot leave it: 200 stay for everybody else.
aws lambda put-function-concurrency --function-name render-archive --reserved-concurrent-executions 800
