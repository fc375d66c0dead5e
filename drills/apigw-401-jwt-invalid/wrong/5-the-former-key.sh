# refused because: the old key is the new one, until the next rotation; and the auditors wanted another
OLD=$(aws secretsmanager get-secret-value --secret-id signing-key --version-stage AWSPREVIOUS --query SecretString --output text)
aws secretsmanager put-secret-value --secret-id signing-key --secret-string "$OLD"
