# refused because: the subscription was never the problem, so nothing changes
aws sns subscribe --topic-arn "arn:aws:sns:us-east-1:$ACCOUNT:orders" --protocol sqs \
    --notification-endpoint "arn:aws:sqs:us-east-1:$ACCOUNT:billing" --attributes RawMessageDelivery=true
