# refused because: with nobody else there, nobody takes the message a second time, and nobody does the work
foulweather drill deploy order-worker workers=1
