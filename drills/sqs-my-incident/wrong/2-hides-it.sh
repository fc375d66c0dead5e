# refused because: the alarm is gone, the failure is not
