# refused because: the new subscription has no filter policy, so the queues get every event of the topic
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
for ARN in $(aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --query "Subscriptions[].SubscriptionArn" --output text); do
    aws sns unsubscribe --subscription-arn "$ARN"
done
for QUEUE in inventory tracking; do
    aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol sqs --notification-endpoint "arn:aws:sqs:us-east-1:$ACCOUNT:$QUEUE"
done
