# refused because: one role's actions were refused by name, and everybody else is still trusted
aws iam update-assume-role-policy --role-name partner-stock-reader --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
  {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
   "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/crawler"}}}]}'
