QUEUE=$(aws sqs get-queue-url --queue-name billing --query QueueUrl --output text)
QUEUE_ARN="arn:aws:sqs:us-east-1:$ACCOUNT:billing"
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:orders"
cat > /tmp/policy-$$.json <<JSON
{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"OrdersTopicMaySend\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Action\":\"sqs:SendMessage\",\"Resource\":\"$QUEUE_ARN\",\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":\"$TOPIC_ARN\"}}}]}"}
JSON
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes file:///tmp/policy-$$.json
rm /tmp/policy-$$.json
