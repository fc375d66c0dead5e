# refused because: fast, and eight times as many as anybody needs, day and night
aws lambda put-provisioned-concurrency-config --function-name quote --qualifier live --provisioned-concurrent-executions 100
foulweather drill deploy agents qualifier=live
