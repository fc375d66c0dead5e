# refused because: an alias is a name; nothing is ready behind it
foulweather drill deploy agents qualifier=live
