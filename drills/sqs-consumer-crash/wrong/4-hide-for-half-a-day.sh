# refused because: the second booking comes tonight, and the orders whose worker died before booking come tonight for the first time
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=43200
