# refused because: version 1 starts fast, and has last year's prices
foulweather drill deploy agents qualifier=1
