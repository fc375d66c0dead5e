# refused because: the function has memory and time to spare; it is refused by the table
aws lambda update-function-configuration --function-name list-orders --memory-size 1024 --timeout 30
