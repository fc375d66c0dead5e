# An object a day, as it was: a megabyte in place of nine hundred and sixty kilobytes. (In production: 64 MB and more.)
foulweather drill deploy event-writer batch_events=960
