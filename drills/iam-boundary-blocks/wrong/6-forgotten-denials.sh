# refused because: the new version forgets what the old one denied, and production is named dev-, too
aws iam create-policy-version --policy-arn "arn:aws:iam::$ACCOUNT:policy/DeveloperPermissionBoundary" --set-as-default --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:*:'$ACCOUNT':dev-*"},
  {"Sid": "DevQueues", "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueUrl"], "Resource": "arn:aws:sqs:*:'$ACCOUNT':dev-*"}]}'
