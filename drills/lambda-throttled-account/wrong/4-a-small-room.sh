# refused because: with fifty at once the archive takes days, and its events live for six hours
aws lambda put-function-concurrency --function-name render-archive --reserved-concurrent-executions 50
