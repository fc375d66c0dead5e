# Fifteen environments of what `live` points to are always ready, and the screens ask for `live`.
aws lambda put-provisioned-concurrency-config --function-name quote --qualifier live --provisioned-concurrent-executions 15
foulweather drill deploy agents qualifier=live
