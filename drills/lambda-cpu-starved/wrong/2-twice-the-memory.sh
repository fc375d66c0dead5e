# refused because: a seventh of a vCPU is still too slow for two seconds
aws lambda update-function-configuration --function-name thumbnail --memory-size 256
