# refused because: whoever has no device is locked out, for enrolling one is denied as well
aws iam put-group-policy --group-name product --policy-name own-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':user/${aws:username}", "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices"]},
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':mfa/*", "Action": "iam:CreateVirtualMFADevice"}]}'
aws iam put-group-policy --group-name product --policy-name require-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}'
