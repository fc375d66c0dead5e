# refused because: a cold start is 0.4 s of the forty
aws lambda publish-version --function-name statement
aws lambda put-provisioned-concurrency-config --function-name statement --qualifier 1 --provisioned-concurrent-executions 5
