# refused because: programs have no second factor, and the export stops
aws iam put-group-policy --group-name product --policy-name own-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':user/${aws:username}", "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices"]},
  {"Effect": "Allow", "Resource": "arn:aws:iam::'$ACCOUNT':mfa/*", "Action": "iam:CreateVirtualMFADevice"}]}'
for group in product services; do
  aws iam put-group-policy --group-name $group --policy-name require-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}'
done
