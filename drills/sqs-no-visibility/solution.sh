foulweather drill deploy order-worker workers=1
TOPIC=$(aws sns create-topic --name on-call --query TopicArn --output text)
aws cloudwatch put-metric-alarm --alarm-name orders-queue-old-messages --namespace AWS/SQS --metric-name ApproximateAgeOfOldestMessage \
    --dimensions Name=QueueName,Value=orders --statistic Maximum --period 300 --evaluation-periods 2 --threshold 3600 \
    --comparison-operator GreaterThanThreshold --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
aws cloudwatch put-metric-alarm --alarm-name orders-dlq-not-empty --namespace AWS/SQS --metric-name ApproximateNumberOfMessagesVisible \
    --dimensions Name=QueueName,Value=orders-dlq --statistic Maximum --period 300 --evaluation-periods 1 --threshold 0 \
    --comparison-operator GreaterThanThreshold --alarm-actions "$TOPIC"
metric() {
    echo "{\"type\": \"metric\", \"width\": 12, \"height\": 6, \"x\": $1, \"y\": 0, \"properties\": {\"region\": \"us-east-1\", \"title\": \"$2\",
        \"metrics\": [[\"AWS/SQS\", \"$2\", \"QueueName\", \"orders\"]]}}"
}
aws cloudwatch put-dashboard --dashboard-name orders --dashboard-body \
    "{\"widgets\": [$(metric 0 ApproximateAgeOfOldestMessage), $(metric 12 ApproximateNumberOfMessagesVisible)]}"
