# refused because: the worker receives tickets and does not know what to fetch with them
foulweather drill deploy order-gateway payload=s3
