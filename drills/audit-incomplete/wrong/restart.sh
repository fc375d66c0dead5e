# refused because: a trail that starts anew selects what it selected before
aws cloudtrail stop-logging --name audit
aws cloudtrail start-logging --name audit
