QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
# Three times the slowest order: nobody else gets it while it is worked on, and a worker's death costs five minutes.
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes VisibilityTimeout=300
