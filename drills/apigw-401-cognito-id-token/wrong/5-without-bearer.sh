# refused because: the token is the same with and without the word before it
foulweather drill deploy frontend prefix=none
