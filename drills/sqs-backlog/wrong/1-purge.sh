# refused because: a purge makes the age 0 and throws away thousands of pictures that are paid for
QUEUE=$(aws sqs get-queue-url --queue-name prints --query QueueUrl --output text)
aws sqs purge-queue --queue-url "$QUEUE"
foulweather drill deploy renderer workers=100
