QUEUE=$(aws sqs get-queue-url --queue-name kitchen --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes ReceiveMessageWaitTimeSeconds=20
