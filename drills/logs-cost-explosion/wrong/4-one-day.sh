# refused because: the orders of the last week are gone after a day
foulweather drill deploy orders-api log_level=info
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 1
