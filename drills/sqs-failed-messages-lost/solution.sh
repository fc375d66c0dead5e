QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
QUEUE_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders"
DLQ_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq"
# First a place for what fails, then its use, then the release that leaves failed messages on the queue.
cat > /tmp/dlq-$$.json <<JSON
{"MessageRetentionPeriod": "1209600", "RedriveAllowPolicy": "{\"redrivePermission\":\"byQueue\",\"sourceQueueArns\":[\"$QUEUE_ARN\"]}"}
JSON
aws sqs create-queue --queue-name orders-dlq --attributes file:///tmp/dlq-$$.json
cat > /tmp/source-$$.json <<JSON
{"RedrivePolicy": "{\"deadLetterTargetArn\":\"$DLQ_ARN\",\"maxReceiveCount\":3}"}
JSON
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes file:///tmp/source-$$.json
rm /tmp/dlq-$$.json /tmp/source-$$.json
foulweather drill deploy order-worker delete=after-success
