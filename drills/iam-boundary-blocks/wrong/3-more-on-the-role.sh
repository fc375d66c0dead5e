# refused because: an identity policy cannot widen what the boundary limits
aws iam put-role-policy --role-name developer --policy-name announce-builds --policy-document \
  '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
