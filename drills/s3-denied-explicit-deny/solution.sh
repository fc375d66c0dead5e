aws iam tag-role --role-name app-role --tags Key=clearance,Value=confidential
