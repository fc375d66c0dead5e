# refused because: an archived object cannot be copied either before it is restored
aws s3api put-bucket-lifecycle-configuration --bucket app-bucket --lifecycle-configuration '{"Rules": [{"ID": "old-statements",
  "Filter": {"Prefix": "statements/"}, "Status": "Enabled", "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}]}]}'
KEY=$(aws s3api list-objects-v2 --bucket app-bucket --prefix statements/ --query "Contents[?StorageClass=='GLACIER'].Key | [0]" --output text)
aws s3api copy-object --bucket app-bucket --key "$KEY" --copy-source "app-bucket/$KEY" --storage-class GLACIER_IR || true
