# refused because: the pipeline's releases still count, and a single one of others does not ring any more
aws cloudwatch put-metric-alarm --alarm-name releases-of-others --namespace Audit --metric-name ReleasesOfOthers --statistic Sum --period 300 \
  --evaluation-periods 1 --threshold 5 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching
