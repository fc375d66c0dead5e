# refused because: without the filter nobody is told of anything
aws logs delete-metric-filter --log-group-name /audit/trail --filter-name releases-of-others
