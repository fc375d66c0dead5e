# refused because: more memory and more time do not find a name that is not there
aws lambda update-function-configuration --function-name checkout --memory-size 1024 --timeout 60
