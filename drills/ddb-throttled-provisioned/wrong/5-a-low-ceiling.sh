# refused because: the ceiling is below the load
aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --min-capacity 50 --max-capacity 120
aws application-autoscaling put-scaling-policy --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --policy-name follow-writes --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    '{"TargetValue":70,"PredefinedMetricSpecification":{"PredefinedMetricType":"DynamoDBWriteCapacityUtilization"}}'
