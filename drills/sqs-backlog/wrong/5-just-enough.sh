# refused because: forty workers keep up, and need three hours for the backlog
foulweather drill deploy renderer workers=40
