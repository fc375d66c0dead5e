# refused because: ten pictures one after the other take longer than they are hidden, so that others get and render them again
foulweather drill deploy renderer workers=300 batch=10
