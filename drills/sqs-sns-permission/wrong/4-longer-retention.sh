# refused because: a message that was never let in is not kept longer
QUEUE=$(aws sqs get-queue-url --queue-name billing --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes MessageRetentionPeriod=1209600
