# refused because: a customer may have several orders; the latest is not the one that was paid
foulweather drill deploy payments key=latest
