# refused because: not to deny is not to allow: nothing lets the new colleagues enrol a device
aws iam put-group-policy --group-name product --policy-name require-mfa --policy-document '{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}'
