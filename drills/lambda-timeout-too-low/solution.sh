aws lambda update-function-configuration --function-name sales-report --timeout 15
