# refused because: drawings do not compress well enough, and the next seller's are larger anyway
QUEUE=$(aws sqs get-queue-url --queue-name order-documents --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes MaximumMessageSize=1048576
foulweather drill deploy order-gateway compress=on
