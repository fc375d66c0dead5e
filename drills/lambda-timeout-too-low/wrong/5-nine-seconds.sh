# refused because: nine seconds leaves no room for a slow day
aws lambda update-function-configuration --function-name sales-report --timeout 9
