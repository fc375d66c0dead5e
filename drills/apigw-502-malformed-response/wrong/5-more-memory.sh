# refused because: it is neither slow nor short of memory
aws lambda update-function-configuration --function-name get-order --memory-size 1024 --timeout 60
