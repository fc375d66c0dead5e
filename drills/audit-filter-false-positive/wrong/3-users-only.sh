# refused because: administrators who come by a role are not counted
aws logs put-metric-filter --log-group-name /audit/trail --filter-name releases-of-others \
  --filter-pattern "{ (\$.eventName = \"TagQueue\") && (\$.requestParameters.tags.release = \"*\") && (\$.userIdentity.type = \"IAMUser\") }" \
  --metric-transformations metricNamespace=Audit,metricName=ReleasesOfOthers,metricValue=1,defaultValue=0
