# The INFO lines are what support needs; two weeks is what was agreed, and what the group had.
foulweather drill deploy orders-api log_level=info
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 14
