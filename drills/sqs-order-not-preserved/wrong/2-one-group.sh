# refused because: one group for everything lets a single worker work at a time, so events come late
aws sqs create-queue --queue-name orders-dlq.fifo --attributes FifoQueue=true
cat > /tmp/fifo-$$.json <<JSON
{"FifoQueue": "true", "RedrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:$ACCOUNT:orders-dlq.fifo\",\"maxReceiveCount\":\"5\"}"}
JSON
aws sqs create-queue --queue-name orders.fifo --attributes file:///tmp/fifo-$$.json
rm /tmp/fifo-$$.json
foulweather drill deploy shop queue=orders.fifo grouping=one
foulweather drill deploy orders-worker queue=orders.fifo
