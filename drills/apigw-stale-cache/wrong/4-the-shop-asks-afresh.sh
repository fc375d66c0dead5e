# refused because: who is not authorized to invalidate is answered out of the cache, with a warning
foulweather drill deploy shop refresh=after-placing
