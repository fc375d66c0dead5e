# refused because: a quote waits for the carriers, and waits as long with more memory
aws lambda update-function-configuration --function-name price-quote --memory-size 2048 --timeout 60
