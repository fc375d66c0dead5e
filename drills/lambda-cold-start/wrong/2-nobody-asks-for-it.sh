# refused because: the environments of the alias are ready, and the screens still ask for $LATEST
aws lambda put-provisioned-concurrency-config --function-name quote --qualifier live --provisioned-concurrent-executions 15
