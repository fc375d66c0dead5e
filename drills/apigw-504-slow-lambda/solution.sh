aws lambda update-function-configuration --function-name statement --memory-size 1769 --timeout 25
