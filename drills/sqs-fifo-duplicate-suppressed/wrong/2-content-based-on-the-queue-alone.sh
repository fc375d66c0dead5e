# refused because: the content is only hashed for messages that bring no id, and the shop still gives one
QUEUE=$(aws sqs get-queue-url --queue-name orders.fifo --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes ContentBasedDeduplication=true
