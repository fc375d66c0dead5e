# refused because: the policy now looks into the body for a key that is called otherwise there
TOPIC_ARN="arn:aws:sns:us-east-1:$ACCOUNT:order-events"
for ARN in $(aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN" --query "Subscriptions[].SubscriptionArn" --output text); do
    aws sns set-subscription-attributes --subscription-arn "$ARN" --attribute-name FilterPolicyScope --attribute-value MessageBody
done
