aws lambda update-function-configuration --function-name export-orders --memory-size 256
aws events put-rule --name export-orders-schedule --schedule-expression 'rate(15 minutes)'
