# refused because: one thread computes no faster with six vCPUs, and pays for all of them
aws lambda update-function-configuration --function-name thumbnail --memory-size 10240
