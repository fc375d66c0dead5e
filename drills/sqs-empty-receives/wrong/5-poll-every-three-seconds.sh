# refused because: the requests are few enough, and some tickets take more than a second
foulweather drill deploy kitchen-printer pause_ms=3000
