# refused because: each attempt is an order more, and times out as well
foulweather drill deploy shop retry=backoff attempts=3
