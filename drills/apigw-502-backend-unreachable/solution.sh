foulweather drill deploy prices certificate=public-ca-2026
