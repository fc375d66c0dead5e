# refused because: with enough attempts every order gets through, and each of them knocks a dozen times
foulweather drill deploy shop attempts=2000
