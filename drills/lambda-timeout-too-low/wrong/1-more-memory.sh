# refused because: it waits for others, and waiting does not go faster with more memory
aws lambda update-function-configuration --function-name sales-report --memory-size 1024
