# refused because: the trail logs all the time, it is the bucket that takes nothing
aws cloudtrail stop-logging --name audit
aws cloudtrail start-logging --name audit
