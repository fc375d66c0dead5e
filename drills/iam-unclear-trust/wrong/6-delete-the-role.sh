# refused because: with the role, the partner's access is gone as well
aws iam delete-role-policy --role-name partner-stock-reader --policy-name collect
aws iam delete-role --role-name partner-stock-reader
