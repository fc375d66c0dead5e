# refused because: what the table cannot take in a second it cannot take in the next one either, with the retries on top
foulweather drill deploy shop attempts=8
