# refused because: below the limit a sweep takes three seconds, and the forecast does not wait
foulweather drill deploy collector per_s=3000
