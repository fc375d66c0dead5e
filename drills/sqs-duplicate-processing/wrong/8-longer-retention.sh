# refused because: how long a message is kept says nothing about how long it is hidden
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes MessageRetentionPeriod=1209600
