# refused because: without the guard interns read pay changes
aws s3api delete-bucket-policy --bucket app-bucket
