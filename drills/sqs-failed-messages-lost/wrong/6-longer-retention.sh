# refused because: a message that is deleted is not kept longer
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
QUEUE_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders"
DLQ_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq"
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes MessageRetentionPeriod=1209600
