foulweather drill deploy stock supplier=every-minute
