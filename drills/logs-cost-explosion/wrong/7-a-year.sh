# refused because: customers' orders may be kept for thirty days, and a year of them costs as much as the debug lines did
foulweather drill deploy orders-api log_level=info
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 365
