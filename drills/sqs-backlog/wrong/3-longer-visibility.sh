# refused because: how long a message is hidden has nothing to do with how fast it is rendered
QUEUE=$(aws sqs get-queue-url --queue-name prints --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=3600
