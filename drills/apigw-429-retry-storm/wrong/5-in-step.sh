# refused because: without jitter all who were refused together come back together
foulweather drill deploy shop retry=backoff attempts=8 backoff_ms=200 backoff_max_ms=1000
