# refused because: the next colleague is not on the list
aws iam put-group-policy --group-name product --policy-name own-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':user/${aws:username}", "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices"]},
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':mfa/*", "Action": "iam:CreateVirtualMFADevice"}]}'
for user in ana ben dana emil; do
  aws iam put-user-policy --user-name $user --policy-name require-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}'
done
