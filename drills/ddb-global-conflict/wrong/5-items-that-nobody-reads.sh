# refused because: no like is lost any more, but the page reads the post's item only, to which nothing is added
foulweather drill deploy us-web item=post-and-region
foulweather drill deploy eu-web item=post-and-region
