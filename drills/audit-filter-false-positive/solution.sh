# A session is told apart by whose session it is; who has no session is somebody else in any case.
ISSUER='$.userIdentity.sessionContext.sessionIssuer.arn'
aws logs put-metric-filter --log-group-name /audit/trail --filter-name releases-of-others \
  --filter-pattern "{ (\$.eventName = \"TagQueue\") && (\$.requestParameters.tags.release = \"*\") && (($ISSUER NOT EXISTS) || ($ISSUER != \"arn:aws:iam::$ACCOUNT:role/deploy-role\")) }" \
  --metric-transformations metricNamespace=Audit,metricName=ReleasesOfOthers,metricValue=1,defaultValue=0
