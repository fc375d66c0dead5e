# refused because: the old messages expire, and expired is lost
QUEUE=$(aws sqs get-queue-url --queue-name prints --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes MessageRetentionPeriod=60
foulweather drill deploy renderer workers=100
