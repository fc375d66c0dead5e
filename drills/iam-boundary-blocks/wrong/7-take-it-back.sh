# refused because: the feature was agreed to, and was switched off
foulweather drill deploy builder announce=off
