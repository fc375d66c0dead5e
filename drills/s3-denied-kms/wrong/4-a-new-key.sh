# refused because: a new key opens nothing that the old one has shut, and nobody may store with it
KEY=$(aws kms create-key --query KeyMetadata.Arn --output text)
aws s3api put-bucket-encryption --bucket app-bucket --server-side-encryption-configuration \
    "{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"aws:kms\",\"KMSMasterKeyID\":\"$KEY\"}}]}"
