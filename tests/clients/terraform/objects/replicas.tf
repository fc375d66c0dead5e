# --- what is written here is there too, and what is locked stays

provider "aws" {
  alias  = "europe"
  region = "eu-west-1"
}

resource "aws_s3_bucket" "source" {
  bucket              = "objects-source"
  force_destroy       = true
  object_lock_enabled = true
}

resource "aws_s3_bucket_object_lock_configuration" "source" {
  bucket = aws_s3_bucket.source.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.days
    }
  }
}

resource "aws_s3_bucket_versioning" "source" {
  bucket = aws_s3_bucket.source.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket" "replica" {
  provider            = aws.europe
  bucket              = "objects-replica"
  force_destroy       = true
  object_lock_enabled = true
}

resource "aws_s3_bucket_versioning" "replica" {
  provider = aws.europe
  bucket   = aws_s3_bucket.replica.id
  versioning_configuration {
    status = "Enabled"
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "replicate" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "replicate" {
  name               = "objects-replicate"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "replicate" {
  role   = aws_iam_role.replicate.id
  policy = data.aws_iam_policy_document.replicate.json
}

resource "aws_s3_bucket_replication_configuration" "source" {
  bucket     = aws_s3_bucket.source.id
  role       = aws_iam_role.replicate.arn
  depends_on = [aws_s3_bucket_versioning.source, aws_s3_bucket_versioning.replica, aws_iam_role_policy.replicate]
  rule {
    id       = "all"
    priority = 1
    status   = var.status
    filter {}
    delete_marker_replication {
      status = "Enabled"
    }
    destination {
      bucket        = aws_s3_bucket.replica.arn
      storage_class = "STANDARD_IA"
      metrics {
        status = "Enabled"
        event_threshold {
          minutes = 15
        }
      }
      replication_time {
        status = "Enabled"
        time {
          minutes = 15
        }
      }
    }
  }
  rule {
    id       = "tagged"
    priority = 2
    status   = "Enabled"
    filter {
      and {
        prefix = "orders/"
        tags   = { kind = "order" }
      }
    }
    delete_marker_replication {
      status = "Disabled"
    }
    destination {
      bucket = aws_s3_bucket.replica.arn
    }
  }
}

resource "aws_s3_object" "replicated" {
  bucket                        = aws_s3_bucket.source.id
  key                           = "orders/1"
  content                       = var.greeting
  force_destroy                 = true
  object_lock_mode              = "GOVERNANCE"
  object_lock_retain_until_date = "2040-01-01T00:00:00Z"
  depends_on                    = [aws_s3_bucket_replication_configuration.source]
}
