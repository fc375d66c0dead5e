# refused because: 640 MB make it 32 seconds
aws lambda update-function-configuration --function-name statement --memory-size 640 --timeout 28
