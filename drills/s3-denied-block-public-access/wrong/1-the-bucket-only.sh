# refused because: the account has the setting as well, and the stricter of the two holds
aws s3api delete-public-access-block --bucket press-kit
