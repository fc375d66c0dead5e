# refused because: new likes are exact, and those that were on the counter are gone from it
foulweather drill deploy counter-page items=regions-only
foulweather drill deploy us-web item=post-and-region
foulweather drill deploy eu-web item=post-and-region
