# refused because: no innocent is set aside any longer, and what cannot be booked goes round for four days, with its company
QUEUE=$(aws sqs get-queue-url --queue-name orders --query QueueUrl --output text)
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes RedrivePolicy=
