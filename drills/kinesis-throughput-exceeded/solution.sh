foulweather drill deploy collectors key=user
