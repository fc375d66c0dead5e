# refused because: a new administrator helps no build, and is a new danger
aws iam create-user --user-name build-admin
aws iam attach-user-policy --user-name build-admin --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
aws iam create-access-key --user-name build-admin
