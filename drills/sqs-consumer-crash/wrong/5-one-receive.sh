# refused because: orders whose worker died before booking are set aside unbooked
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes \
    "{\"RedrivePolicy\": \"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq\\\",\\\"maxReceiveCount\\\":1}\"}"
