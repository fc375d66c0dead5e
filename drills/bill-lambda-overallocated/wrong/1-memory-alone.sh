# refused because: sixty small runs an hour are still 120 GB-seconds
aws lambda update-function-configuration --function-name export-orders --memory-size 256
