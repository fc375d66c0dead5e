# refused because: a new prefix each minute is a new prefix, but all keys of a sweep are still next to each other
foulweather drill deploy collector keys=hour-first
