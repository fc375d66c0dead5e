foulweather drill deploy shop retry=jitter attempts=8 backoff_ms=4000 backoff_max_ms=20000
