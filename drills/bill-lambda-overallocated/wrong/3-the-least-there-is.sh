# refused because: it uses up to 206 MB, and is killed with 128
aws lambda update-function-configuration --function-name export-orders --memory-size 128
aws events put-rule --name export-orders-schedule --schedule-expression 'rate(15 minutes)'
