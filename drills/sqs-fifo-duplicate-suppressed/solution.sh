foulweather drill deploy shop deduplication=order-version
