# refused because: a good certificate behind a closed port is a 504 in place of a 502
foulweather drill deploy prices certificate=public-ca-2026 port_443=closed
