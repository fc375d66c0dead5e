# refused because: a good order that is received a second time is no dead letter
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs create-queue --queue-name orders-dlq
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes \
    "{\"RedrivePolicy\": \"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq\\\",\\\"maxReceiveCount\\\":1}\"}"
