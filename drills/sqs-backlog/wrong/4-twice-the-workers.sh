# refused because: twenty workers render one picture a second, and one and a half come
foulweather drill deploy renderer workers=20
