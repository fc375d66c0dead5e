# refused because: every topic of every account can write to the queue, for nothing says on whose behalf SNS acts
QUEUE=$(aws sqs get-queue-url --queue-name billing --query QueueUrl --output text)
POLICY="{\"Policy\": \"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"Service\\\":\\\"sns.amazonaws.com\\\"},\\\"Action\\\":\\\"sqs:SendMessage\\\",\\\"Resource\\\":\\\"arn:aws:sqs:us-east-1:$ACCOUNT:billing\\\"}]}\"}"
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes "$POLICY"
