# refused because: the table's utilization is far below 70 %, so nothing is scaled; and it would not help
aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --min-capacity 5000 --max-capacity 20000
aws application-autoscaling put-scaling-policy --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --policy-name seventy --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    '{"TargetValue":70,"PredefinedMetricSpecification":{"PredefinedMetricType":"DynamoDBWriteCapacityUtilization"}}'
