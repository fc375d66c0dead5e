# refused because: neither the visibility timeout nor the size of a batch says how long a call waits for a message
QUEUE=$(aws sqs get-queue-url --queue-name kitchen --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=300
foulweather drill deploy kitchen-printer batch=1
