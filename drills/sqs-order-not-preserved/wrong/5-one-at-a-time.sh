# refused because: a smaller batch and a longer visibility timeout do not stop two workers from having one order each
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=300
foulweather drill deploy orders-worker batch=1
