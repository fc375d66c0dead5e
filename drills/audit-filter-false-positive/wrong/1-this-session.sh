# refused because: each release is a session of its own: the next one counts again
aws logs put-metric-filter --log-group-name /audit/trail --filter-name releases-of-others \
  --filter-pattern "{ (\$.eventName = \"TagQueue\") && (\$.requestParameters.tags.release = \"*\") && (\$.userIdentity.arn != \"arn:aws:sts::$ACCOUNT:assumed-role/deploy-role/release-10\") }" \
  --metric-transformations metricNamespace=Audit,metricName=ReleasesOfOthers,metricValue=1,defaultValue=0
