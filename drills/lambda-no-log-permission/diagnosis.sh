# Invocations of the last ten minutes, and lines of the log in the same ten minutes.
# shows: ^[1-9]\d\.0$
# shows: ^0 lines$
# shows when mended: ^[1-9]\d+ lines$
SINCE="$(date -u -d "$NOW - 10 minutes" +%FT%TZ)"
aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Invocations --dimensions Name=FunctionName,Value=charge-card \
    --start-time "$SINCE" --end-time "$NOW" --period 600 --statistics Sum --query 'Datapoints[].Sum' --output text | tr '\t' '\n'
LINES_SEEN="$(aws logs filter-log-events --log-group-name /aws/lambda/charge-card --start-time "$(date -u -d "$SINCE" +%s)000" \
    --query 'length(events)' --output text)"
echo "$LINES_SEEN lines"
