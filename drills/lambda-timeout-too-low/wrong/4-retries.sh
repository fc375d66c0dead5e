# refused because: Lambda tries asynchronous events again, and the office waits for its answers
aws lambda put-function-event-invoke-config --function-name sales-report --maximum-retry-attempts 2
