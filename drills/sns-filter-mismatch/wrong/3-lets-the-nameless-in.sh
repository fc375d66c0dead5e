# refused because: "the attribute does not exist" is true of every event of the new release, so both queues get everything
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
for ARN in $(aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --query "Subscriptions[].SubscriptionArn" --output text); do
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicy \
        --attribute-value '{"event_type":["order.created",{"exists":false}]}'
done
