folder=$(mktemp -d)
cat > "$folder/own-mfa.json" <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Sid": "OwnDevice", "Effect": "Allow", "Resource": "arn:aws:iam::$ACCOUNT:user/\${aws:username}",
   "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "iam:GetUser"]},
  {"Sid": "NewDevice", "Effect": "Allow", "Resource": "arn:aws:iam::$ACCOUNT:mfa/\${aws:username}",
   "Action": "iam:CreateVirtualMFADevice"}]}
JSON
cat > "$folder/require-mfa.json" <<'JSON'
{"Version": "2012-10-17", "Statement": [
  {"Sid": "AllButEnrollingNeedsMFA", "Effect": "Deny", "Resource": "*",
   "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "iam:GetUser",
                 "sts:GetSessionToken"],
   "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
JSON
aws iam put-group-policy --group-name product --policy-name own-mfa --policy-document "file://$folder/own-mfa.json"
policy=$(aws iam create-policy --policy-name RequireMFA --policy-document "file://$folder/require-mfa.json" --query Policy.Arn --output text)
aws iam attach-group-policy --group-name product --policy-arn "$policy"
rm -r "$folder"
