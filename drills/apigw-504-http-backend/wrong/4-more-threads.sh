# refused because: more threads wait as long, each for itself
foulweather drill deploy stock threads=64
