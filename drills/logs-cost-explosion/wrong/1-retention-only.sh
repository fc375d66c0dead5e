# refused because: what comes in costs as much as before; a retention only shortens how long it lies there
aws logs put-retention-policy --log-group-name /shop/orders-api --retention-in-days 14
