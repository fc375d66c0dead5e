# An item for each region, which the other one only reads; the page adds them to what was there. Readers first.
foulweather drill deploy counter-page items=regions
foulweather drill deploy us-web item=post-and-region
foulweather drill deploy eu-web item=post-and-region
