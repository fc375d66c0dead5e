# refused because: the queue takes 1 MiB now, which is the most that SQS has, and documents have five
QUEUE=$(aws sqs get-queue-url --queue-name order-documents --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes MaximumMessageSize=1048576
