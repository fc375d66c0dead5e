# The dead-letter queue of a FIFO queue is a FIFO queue.
aws sqs create-queue --queue-name orders-dlq.fifo --attributes FifoQueue=true,MessageRetentionPeriod=1209600
DEAD_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq.fifo"
cat > /tmp/fifo-$$.json <<JSON
{"FifoQueue": "true", "VisibilityTimeout": "30",
 "RedrivePolicy": "{\"deadLetterTargetArn\":\"$DEAD_ARN\",\"maxReceiveCount\":\"5\"}"}
JSON
aws sqs create-queue --queue-name orders.fifo --attributes file:///tmp/fifo-$$.json
rm /tmp/fifo-$$.json
# The shop first: then nothing new comes into the old queue, and the old workers empty it.
foulweather drill deploy shop queue=orders.fifo grouping=customer
foulweather drill deploy orders-worker queue=orders.fifo
