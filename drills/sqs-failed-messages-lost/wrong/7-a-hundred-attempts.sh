# refused because: a hundred attempts are no way to find out that a voucher cannot be booked
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
QUEUE_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders"
DLQ_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq"
cat > /tmp/dlq-$$.json <<JSON
{"MessageRetentionPeriod": "1209600", "RedriveAllowPolicy": "{\"redrivePermission\":\"byQueue\",\"sourceQueueArns\":[\"$QUEUE_ARN\"]}"}
JSON
aws sqs create-queue --queue-name orders-dlq --attributes file:///tmp/dlq-$$.json
cat > /tmp/source-$$.json <<JSON
{"RedrivePolicy": "{\"deadLetterTargetArn\":\"$DLQ_ARN\",\"maxReceiveCount\":100}"}
JSON
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes file:///tmp/source-$$.json
foulweather drill deploy order-worker delete=after-success
rm /tmp/dlq-$$.json
rm /tmp/source-$$.json
