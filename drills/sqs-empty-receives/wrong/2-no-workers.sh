# refused because: nobody asks any more, and nobody prints
foulweather drill deploy kitchen-printer workers=0
