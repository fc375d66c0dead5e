# refused because: a new group is empty: the orders of last week are not found any more
foulweather drill deploy orders-api log_level=info
aws logs delete-log-group --log-group-name /shop/orders-api
aws logs create-log-group --log-group-name /shop/orders-api
aws logs create-log-stream --log-group-name /shop/orders-api --log-stream-name orders-api/1
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 14
