# refused because: 88 days are not more than 90, and the close of the quarter has no role on the day it runs
aws iam delete-role-policy --role-name quarter-close --policy-name work
aws iam delete-role --role-name quarter-close
