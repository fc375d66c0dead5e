# refused because: a message that is deleted without being rendered is lost, whoever deletes it
QUEUE=$(aws sqs get-queue-url --queue-name prints --query QueueUrl --output text)
HANDLE=$(aws sqs receive-message --queue-url "$QUEUE" --query 'Messages[0].ReceiptHandle' --output text)
aws sqs delete-message --queue-url "$QUEUE" --receipt-handle "$HANDLE"
foulweather drill deploy renderer workers=300
