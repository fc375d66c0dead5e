# Keys that spread over the ranges that S3 has divided already. Whoever looks for a date finds it behind the hash.
foulweather drill deploy collector keys=hash-first
