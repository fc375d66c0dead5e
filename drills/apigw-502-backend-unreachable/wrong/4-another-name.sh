# refused because: it is a good certificate, for another name
foulweather drill deploy prices certificate=www-only
