# refused because: a condition is judged in the region of the write; both succeed, and then one of them wins
foulweather drill deploy us-web how=conditional
foulweather drill deploy eu-web how=conditional
