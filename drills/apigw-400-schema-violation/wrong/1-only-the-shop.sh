# refused because: partners are still told two words
foulweather drill deploy web-shop gifts=one empty_cart=kept
