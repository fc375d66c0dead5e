# refused because: attempts that follow make the readings late, and S3 refuses as much as before
foulweather drill deploy collector retry=standard
