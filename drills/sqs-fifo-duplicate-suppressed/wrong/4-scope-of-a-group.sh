# refused because: the two events of an order are in one message group, so a scope of the group changes nothing
QUEUE=$(aws sqs get-queue-url --queue-name orders.fifo --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" \
    --attributes DeduplicationScope=messageGroup,FifoThroughputLimit=perMessageGroupId
