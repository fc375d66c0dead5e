KEY=$(aws kms describe-key --key-id alias/records --query KeyMetadata.KeyId --output text)
cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Sid": "CustodianAdministers", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::$ACCOUNT:root"}, "Resource": "*",
   "Action": ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*",
              "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]},
  {"Sid": "PracticesStore", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::$ACCOUNT:role/practice-role"},
   "Action": "kms:GenerateDataKey", "Resource": "*"},
  {"Sid": "RecordsOpen", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::$ACCOUNT:role/app-role"},
   "Action": "kms:Decrypt", "Resource": "*"}
]}
JSON
aws kms put-key-policy --key-id "$KEY" --policy-name default --policy "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
