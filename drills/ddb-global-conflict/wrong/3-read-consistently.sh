# refused because: a consistent read sees what the region has; the likes are lost there already
foulweather drill deploy counter-page consistent=on
