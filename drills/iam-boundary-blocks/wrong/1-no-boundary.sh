# refused because: without a boundary the role's policies hold without a limit
aws iam delete-role-permissions-boundary --role-name developer
