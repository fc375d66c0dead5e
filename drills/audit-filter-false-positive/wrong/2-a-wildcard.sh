# refused because: whoever calls a session of another role deploy-role is let through
aws logs put-metric-filter --log-group-name /audit/trail --filter-name releases-of-others \
  --filter-pattern "{ (\$.eventName = \"TagQueue\") && (\$.requestParameters.tags.release = \"*\") && (\$.userIdentity.arn != \"*deploy-role*\") }" \
  --metric-transformations metricNamespace=Audit,metricName=ReleasesOfOthers,metricValue=1,defaultValue=0
