# refused because: six hundred at a time is more than the carriers bear, and is missing for all other functions
aws lambda put-function-concurrency --function-name price-quote --reserved-concurrent-executions 600
