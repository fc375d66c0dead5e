# refused because: what is full now is full in five seconds too; users wait longer for the same refusal
foulweather drill deploy shop attempts=8
foulweather drill deploy accounts attempts=8
