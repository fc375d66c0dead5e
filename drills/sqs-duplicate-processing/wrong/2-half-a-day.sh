# refused because: no duplicates, but the order of a worker that dies waits for twelve hours
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=43200
