# refused because: the SDK tries again what was refused; this was answered 200
foulweather drill deploy price-import attempts=20
foulweather drill deploy price-audit attempts=20
