# refused because: what is stored from now on could be read, and is no longer encrypted with the key; all that is there stays shut
aws s3api put-bucket-encryption --bucket app-bucket --server-side-encryption-configuration \
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
