# refused because: support finds none of the orders to come
foulweather drill deploy orders-api log_level=error
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 14
