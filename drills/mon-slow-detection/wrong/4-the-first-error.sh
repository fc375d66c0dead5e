# refused because: one order fails now and then: nobody is to be woken by that
TOPIC=arn:aws:sns:us-east-1:$ACCOUNT:on-call
aws cloudwatch put-metric-alarm --alarm-name process-order-errors --namespace AWS/Lambda --metric-name Errors \
    --dimensions Name=FunctionName,Value=process-order --statistic Sum --period 60 --evaluation-periods 1 --threshold 0 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching \
    --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
