# refused because: a transaction is atomic in its own region; in the other its items arrive like any others
foulweather drill deploy us-web how=transaction
foulweather drill deploy eu-web how=transaction
