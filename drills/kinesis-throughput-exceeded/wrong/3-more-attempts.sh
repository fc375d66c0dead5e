# refused because: nothing is given up any more, and every second click is refused first, once or several times
foulweather drill deploy collectors attempts=8
