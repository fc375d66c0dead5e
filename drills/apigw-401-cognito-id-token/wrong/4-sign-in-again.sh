# refused because: a fresh ID token is an ID token
foulweather drill deploy frontend sign_in_again=each-time
