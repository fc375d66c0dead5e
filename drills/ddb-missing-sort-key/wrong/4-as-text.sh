# refused because: the schema's created_at is a number
foulweather drill deploy payments key=user-and-text
