# refused because: an order that takes six seconds is no error: of that, customers tell again
TOPIC=arn:aws:sns:us-east-1:$ACCOUNT:on-call
aws cloudwatch put-metric-alarm --alarm-name orders-error-rate --namespace AWS/ApiGateway --metric-name 5XXError \
    --dimensions Name=ApiName,Value=orders Name=Stage,Value=prod --statistic Average --period 300 --evaluation-periods 2 --threshold 0.05 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
