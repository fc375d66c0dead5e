# refused because: nothing is exported, and the partner was promised half an hour
aws lambda update-function-configuration --function-name export-orders --memory-size 256
aws events disable-rule --name export-orders-schedule
