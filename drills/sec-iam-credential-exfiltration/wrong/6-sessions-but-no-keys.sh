# refused because: the keys still make sessions after the cut, and the pipeline still signs with the one that leaked
POLICY="{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"$NOW\"}}}}"
aws iam put-user-policy --user-name ci-deploy --policy-name RevokeOlderSessions --policy-document "$POLICY"
aws iam put-role-policy --role-name deployer --policy-name RevokeOlderSessions --policy-document "$POLICY"
