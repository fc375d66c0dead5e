# refused because: the alarm turns red on a page that nobody looks at
aws cloudwatch put-metric-alarm --alarm-name orders-error-rate --namespace AWS/ApiGateway --metric-name 5XXError \
    --dimensions Name=ApiName,Value=orders Name=Stage,Value=prod --statistic Average --period 300 --evaluation-periods 2 --threshold 0.05 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching
