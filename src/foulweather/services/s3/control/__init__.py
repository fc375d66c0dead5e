"""S3 Control: what concerns whole accounts, access points, and jobs on many objects."""
