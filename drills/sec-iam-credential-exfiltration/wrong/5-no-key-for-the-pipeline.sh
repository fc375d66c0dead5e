# refused because: nobody comes in any more, the pipeline included
for KEY in $(aws iam list-access-keys --user-name ci-deploy --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam delete-access-key --user-name ci-deploy --access-key-id "$KEY"
done
POLICY="{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"$NOW\"}}}}"
aws iam put-user-policy --user-name ci-deploy --policy-name RevokeOlderSessions --policy-document "$POLICY"
aws iam put-role-policy --role-name deployer --policy-name RevokeOlderSessions --policy-document "$POLICY"
