# refused because: the function has time enough; API Gateway waits for 29 s, and no customer for longer
aws lambda update-function-configuration --function-name place-order --timeout 300 --memory-size 1024
