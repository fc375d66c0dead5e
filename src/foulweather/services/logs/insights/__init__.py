"""CloudWatch Logs Insights QL: text in, rows out; nothing here knows of worlds, calls or log groups."""
