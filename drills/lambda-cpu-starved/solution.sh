aws lambda update-function-configuration --function-name thumbnail --memory-size 1024
