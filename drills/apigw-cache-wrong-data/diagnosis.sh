# Hits of the cache in the last ten minutes.
# shows: [1-9]\d*\.0
aws cloudwatch get-metric-data --start-time "$(date -u -d "$NOW - 10 minutes" +%Y-%m-%dT%H:%M:%SZ)" --end-time "$NOW" \
    --metric-data-queries '[{"Id":"m","MetricStat":{"Metric":{"Namespace":"AWS/ApiGateway","MetricName":"CacheHitCount","Dimensions":[{"Name":"ApiName","Value":"orders"},{"Name":"Stage","Value":"prod"}]},"Period":60,"Stat":"Sum"}}]' \
    --query 'MetricDataResults[].Values' --output text
