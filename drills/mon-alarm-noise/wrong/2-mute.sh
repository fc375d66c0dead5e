# refused because: an alarm without actions wakes nobody in the bad night either
aws cloudwatch disable-alarm-actions --alarm-names orders-slow
