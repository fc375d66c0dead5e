# refused because: 1.5 GB every two minutes is a quarter of the bill, and the budget is a ninetieth of it
aws lambda update-function-configuration --function-name export-orders --memory-size 1536
aws events put-rule --name export-orders-schedule --schedule-expression 'rate(2 minutes)'
