# refused because: without the policy analyst-role reads the reports, by its own permissions
aws s3api delete-bucket-policy --bucket app-bucket
