# refused because: checkout is not slow, it is not let in
aws lambda update-function-configuration --function-name checkout --memory-size 3008
aws lambda update-function-configuration --function-name login --memory-size 3008
