# refused because: API Gateway waits for 29 s, however long the function may run
aws lambda update-function-configuration --function-name statement --timeout 900
