# refused because: an access key's own calls do not have the condition key at all, and Bool does not match what is not there
aws iam put-group-policy --group-name product --policy-name own-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':user/${aws:username}", "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices"]},
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':mfa/*", "Action": "iam:CreateVirtualMFADevice"}]}'
aws iam put-group-policy --group-name product --policy-name require-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"], "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}]}'
