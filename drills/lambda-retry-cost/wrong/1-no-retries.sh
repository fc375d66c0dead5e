# refused because: each change costs one run, and is dropped after it
aws lambda put-function-event-invoke-config --function-name sync-partner --maximum-retry-attempts 0
