# refused because: nor is the earliest one
foulweather drill deploy payments key=earliest
