# refused because: a delay comes before every event alike, and the workers are as unequal after it as before
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes DelaySeconds=10
