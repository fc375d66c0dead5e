# refused because: twenty at a time is the mean; customers do not come at equal distances
aws lambda put-function-concurrency --function-name price-quote --reserved-concurrent-executions 20
