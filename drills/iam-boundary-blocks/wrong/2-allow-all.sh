# refused because: a boundary that allows everything limits nothing
aws iam create-policy-version --policy-arn "arn:aws:iam::$ACCOUNT:policy/DeveloperPermissionBoundary" --set-as-default --policy-document \
  '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
