# refused because: they come back into the same batches
aws sqs start-message-move-task --source-arn "arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq"
