# refused because: without a second attempt what is refused is lost
foulweather drill deploy shop retry=none
