# refused because: stolen credentials of the shop are good from everywhere
aws s3api delete-bucket-policy --bucket app-bucket
