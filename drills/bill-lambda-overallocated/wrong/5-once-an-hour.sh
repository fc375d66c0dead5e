# refused because: data would be an hour old, and thirty minutes were promised
aws lambda update-function-configuration --function-name export-orders --memory-size 256
aws events put-rule --name export-orders-schedule --schedule-expression 'rate(1 hour)'
