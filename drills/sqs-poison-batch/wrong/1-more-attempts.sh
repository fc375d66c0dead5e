# refused because: the same batches fail, only more often before anything is set aside
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
cat > /tmp/source-$$.json <<JSON
{"RedrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq\",\"maxReceiveCount\":50}"}
JSON
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes file:///tmp/source-$$.json
rm /tmp/source-$$.json
