# refused because: half of far too much is still far too much
foulweather drill deploy orders-api debug_percent=50
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 14
