# About 5,500 wait, and 900 more come in ten minutes: 6,400 / 600 s = 10.7 a second. At 20 s each that is 214 workers; with some to spare:
foulweather drill deploy renderer workers=300
