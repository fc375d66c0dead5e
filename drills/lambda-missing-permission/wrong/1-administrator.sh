# refused because: with AdministratorAccess the function that books orders reads the payroll, too
aws iam attach-role-policy --role-name book-order-role --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
