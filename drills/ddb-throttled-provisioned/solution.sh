# The table follows its load: 70 % of what it is given, between 100 and 1,000 units.
aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --min-capacity 100 --max-capacity 1000
aws application-autoscaling put-scaling-policy --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --policy-name follow-writes --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    '{"TargetValue":70,"PredefinedMetricSpecification":{"PredefinedMetricType":"DynamoDBWriteCapacityUtilization"},"ScaleOutCooldown":60,"ScaleInCooldown":60}'
