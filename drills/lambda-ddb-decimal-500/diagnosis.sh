# What the function's log says since the incident, and one user's item.
# shows: Object of type Decimal is not JSON serializable
# shows: "N": "30"
aws logs filter-log-events --log-group-name /aws/lambda/get-profile --filter-pattern ERROR --max-items 3 --query 'events[].message' --output text
aws dynamodb get-item --table-name Users --key '{"user_id": {"S": "u-0"}}' --query Item.age
