# refused because: deleting is free, and the events are gone; they are kept for two years
foulweather drill deploy event-writer batch_events=960
aws s3 rm --quiet --recursive s3://click-events/events/
