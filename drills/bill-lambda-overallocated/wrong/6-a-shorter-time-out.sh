# refused because: an export takes eight seconds; what is cut off after five is paid for, and fails
aws lambda update-function-configuration --function-name export-orders --memory-size 256 --timeout 5
aws events put-rule --name export-orders-schedule --schedule-expression 'rate(15 minutes)'
