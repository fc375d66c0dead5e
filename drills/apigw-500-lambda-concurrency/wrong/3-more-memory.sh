# refused because: a quote waits for the partner, and waits as long with more memory
aws lambda update-function-configuration --function-name quote --memory-size 3008 --timeout 25
