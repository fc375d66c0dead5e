# refused because: the right scope and the right key, but the policy of tracking in both places: inventory gets updates
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
for ARN in $(aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --query "Subscriptions[].SubscriptionArn" --output text); do
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicyScope --attribute-value MessageBody
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicy \
        --attribute-value '{"type":["order.created","order.updated"]}'
done
