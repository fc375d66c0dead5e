# refused because: without a reservation there is no ceiling, and the carriers bear fifty at a time
aws lambda delete-function-concurrency --function-name price-quote
