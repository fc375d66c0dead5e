# refused because: 60 seconds are the fastest order, not the slowest
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=60
