# refused because: it names what must stay out, so the first type that nobody thought of gets in
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
subscription() {
    aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --output text \
        --query "Subscriptions[?Endpoint=='arn:aws:sqs:us-east-1:$ACCOUNT:$1'].SubscriptionArn"
}
for QUEUE in inventory tracking; do
    ARN=$(subscription $QUEUE)
    if [ $QUEUE = inventory ]; then OUT='["order.updated","order.cancelled"]'; else OUT='["order.cancelled"]'; fi
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicyScope --attribute-value MessageBody
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicy \
        --attribute-value "{\"type\":[{\"anything-but\":$OUT}]}"
done
