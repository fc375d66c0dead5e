# refused because: four are served at once, the others spill over into cold starts
aws lambda put-provisioned-concurrency-config --function-name quote --qualifier live --provisioned-concurrent-executions 4
foulweather drill deploy agents qualifier=live
