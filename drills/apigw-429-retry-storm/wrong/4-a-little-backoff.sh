# refused because: three attempts within a few hundred milliseconds are as good as at once
foulweather drill deploy shop retry=jitter attempts=3 backoff_ms=100
