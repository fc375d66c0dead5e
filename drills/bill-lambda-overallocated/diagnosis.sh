# How often it runs, and what it has next to what it uses.
# shows: in five minutes\s+\["?5
# shows: Memory Size: 3072 MB\s+Max Memory Used: (1[6-9]|2[0-2])\d MB
# shows when mended: Memory Size: 256 MB\s+Max Memory Used: (1[6-9]|2[0-2])\d MB
echo -n "in five minutes "
aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Invocations --statistics Sum --period 300 \
    --start-time "$(date -u -d "$NOW - 15 minutes" +%FT%TZ)" --end-time "$NOW" --dimensions Name=FunctionName,Value=export-orders \
    --query 'to_string(Datapoints[].Sum)' --output text
aws logs filter-log-events --log-group-name /aws/lambda/export-orders --filter-pattern '"REPORT RequestId"' \
    --start-time "$(date -u -d "$NOW - 30 minutes" +%s)000" --max-items 5 --query 'events[].message' --output text
