# refused because: a single thread has nothing of six processors, and the budget has no ten gigabytes
aws lambda update-function-configuration --function-name statement --memory-size 10240 --timeout 25
