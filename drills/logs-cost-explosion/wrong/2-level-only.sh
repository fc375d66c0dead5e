# refused because: less comes in, and all of it stays for ever
foulweather drill deploy orders-api log_level=info
