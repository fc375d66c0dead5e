# refused because: every topic, and everything that can be done with one, is more than one topic and Publish
aws iam create-policy-version --policy-arn "arn:aws:iam::$ACCOUNT:policy/DeveloperPermissionBoundary" --set-as-default --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "sns:*", "Resource": "*"},
  {"Sid": "DevQueues", "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueUrl"], "Resource": "arn:aws:sqs:*:'$ACCOUNT':dev-*"},
  {"Sid": "NoIdentities", "Effect": "Deny", "Action": ["iam:*", "organizations:*"], "Resource": "*"},
  {"Sid": "NoProduction", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Environment": "production"}}},
  {"Sid": "TwoRegions", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}}]}'
