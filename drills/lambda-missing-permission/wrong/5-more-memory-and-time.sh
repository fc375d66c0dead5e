# refused because: the call is refused at once, however long the function may wait
aws lambda update-function-configuration --function-name book-order --timeout 60 --memory-size 1024
