# refused because: a second is a long poll, but an idle queue still says "nothing" fifty times a minute to each worker
QUEUE=$(aws sqs get-queue-url --queue-name kitchen --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes ReceiveMessageWaitTimeSeconds=1
