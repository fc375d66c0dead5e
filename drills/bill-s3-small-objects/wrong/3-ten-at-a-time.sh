# refused because: a tenth of far too many is still too many
foulweather drill deploy event-writer batch_events=10
