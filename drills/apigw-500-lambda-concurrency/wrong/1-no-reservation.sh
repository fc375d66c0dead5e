# refused because: without a reservation nothing keeps the promise of eighty at a time
aws lambda delete-function-concurrency --function-name quote
