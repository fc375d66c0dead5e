# refused because: the requests are few, and the tickets are late
foulweather drill deploy kitchen-printer pause_ms=60000
