# refused because: a queue keeps messages four days unless told otherwise, and lets any queue be its source
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
QUEUE_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders"
DLQ_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq"
aws sqs create-queue --queue-name orders-dlq
cat > /tmp/source-$$.json <<JSON
{"RedrivePolicy": "{\"deadLetterTargetArn\":\"$DLQ_ARN\",\"maxReceiveCount\":3}"}
JSON
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes file:///tmp/source-$$.json
foulweather drill deploy order-worker delete=after-success
rm /tmp/source-$$.json
