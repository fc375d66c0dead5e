# refused because: the events flow again, and inventory reserves stock for updated and cancelled orders too
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
for ARN in $(aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --query "Subscriptions[].SubscriptionArn" --output text); do
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicy --attribute-value '{}'
done
