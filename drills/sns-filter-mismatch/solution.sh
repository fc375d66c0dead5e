TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
subscription() {
    aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --output text \
        --query "Subscriptions[?Endpoint=='arn:aws:sqs:us-east-1:$ACCOUNT:$1'].SubscriptionArn"
}
# The body still tells the type, and calls it "type": filter by that. (The other way is to have the shop set the
# attribute again: foulweather drill deploy shop attributes=event_type.)
for QUEUE in inventory tracking; do
    ARN=$(subscription $QUEUE)
    if [ $QUEUE = inventory ]; then POLICY='{"type":["order.created"]}'; else POLICY='{"type":["order.created","order.updated"]}'; fi
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicyScope --attribute-value MessageBody
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicy --attribute-value "$POLICY"
done
