# refused because: an object of a hundred thousand events is written in a hundred days, and the analysis waits two
foulweather drill deploy event-writer batch_events=100000
