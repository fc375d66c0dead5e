terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "days" {
  default = 30
}

variable "greeting" {
  default = "hello"
}

variable "status" {
  default = "Enabled"
}

data "aws_caller_identity" "current" {}

data "aws_canonical_user_id" "current" {}

# --- a bucket and who may what with it

resource "aws_s3_bucket" "data" {
  bucket        = "objects-data"
  force_destroy = true
  tags          = { days = var.days, team = "orders" }
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = var.status == "Enabled"
}

resource "aws_kms_key" "data" {
  description             = "data"
  deletion_window_in_days = 7
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.data.arn
    }
  }
}

data "aws_iam_policy_document" "data" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:PutObjectAcl"]
    resources = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.data.arn}/${var.greeting}/*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.data.json
}

# --- what happens to its objects by themselves

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket     = aws_s3_bucket.data.id
  depends_on = [aws_s3_bucket_versioning.data]
  rule {
    id     = "archive"
    status = var.status
    filter {
      prefix = "reports/"
    }
    transition {
      days          = var.days
      storage_class = "STANDARD_IA"
    }
    transition {
      days          = 90
      storage_class = "GLACIER"
    }
    expiration {
      days = 365
    }
    noncurrent_version_transition {
      noncurrent_days = 30
      storage_class   = "STANDARD_IA"
    }
    noncurrent_version_expiration {
      noncurrent_days           = 60
      newer_noncurrent_versions = 3
    }
  }
  rule {
    id     = "tidy"
    status = "Enabled"
    filter {
      and {
        prefix                   = "tmp/"
        object_size_greater_than = 1
        tags                     = { kind = "scratch", team = "orders" }
      }
    }
    expiration {
      days = 1
    }
  }
  rule {
    id     = "tagged"
    status = "Enabled"
    filter {
      tag {
        key   = "kind"
        value = "log"
      }
    }
    expiration {
      date = "2040-01-01T00:00:00Z"
    }
  }
  rule {
    id     = "uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  name   = "whole"
  tiering {
    access_tier = "DEEP_ARCHIVE_ACCESS"
    days        = 180
  }
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 90 + var.days
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "part" {
  bucket = aws_s3_bucket.data.id
  name   = "part"
  status = "Disabled"
  filter {
    prefix = "documents/"
    tags   = { priority = "high", class = "blue" }
  }
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 125
  }
}

resource "aws_s3_bucket_metric" "whole" {
  bucket = aws_s3_bucket.data.id
  name   = "whole"
}

resource "aws_s3_bucket_metric" "part" {
  bucket = aws_s3_bucket.data.id
  name   = "part"
  filter {
    prefix = "documents/${var.greeting}/"
    tags   = { priority = "high" }
  }
}

resource "aws_s3_bucket_analytics_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  name   = "whole"
  filter {
    prefix = "documents/${var.greeting}/"
  }
}

resource "aws_s3_bucket_inventory" "data" {
  bucket                   = aws_s3_bucket.data.id
  name                     = "daily"
  included_object_versions = "All"
  optional_fields          = ["Size", "ETag", "StorageClass"]
  enabled                  = var.status == "Enabled"
  filter {
    prefix = "documents/"
  }
  schedule {
    frequency = "Daily"
  }
  destination {
    bucket {
      format     = "CSV"
      bucket_arn = aws_s3_bucket.logs.arn
      prefix     = "inventory"
      encryption {
        sse_s3 {}
      }
    }
  }
}

resource "aws_s3_bucket_accelerate_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  status = var.status == "Enabled" ? "Enabled" : "Suspended"
}

resource "aws_s3_bucket_request_payment_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  payer  = var.status == "Enabled" ? "BucketOwner" : "Requester"
}

# --- what it tells others

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "objects-logs-"
  force_destroy = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "logs" {
  bucket     = aws_s3_bucket.logs.id
  depends_on = [aws_s3_bucket_ownership_controls.logs]
  acl        = "log-delivery-write"
}

resource "aws_s3_bucket_logging" "data" {
  bucket        = aws_s3_bucket.data.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "log/${var.greeting}/"
  depends_on    = [aws_s3_bucket_acl.logs]
  target_object_key_format {
    partitioned_prefix {
      partition_date_source = "EventTime"
    }
  }
}

resource "aws_sqs_queue" "events" {
  name = "objects-events"
}

resource "aws_sns_topic" "events" {
  name = "objects-events"
}

data "aws_iam_policy_document" "events" {
  for_each = { "sqs:SendMessage" = aws_sqs_queue.events.arn, "sns:Publish" = aws_sns_topic.events.arn }
  statement {
    actions   = [each.key]
    resources = [each.value]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.data.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy    = data.aws_iam_policy_document.events["sqs:SendMessage"].json
}

resource "aws_sns_topic_policy" "events" {
  arn    = aws_sns_topic.events.arn
  policy = data.aws_iam_policy_document.events["sns:Publish"].json
}

resource "aws_s3_bucket_notification" "data" {
  bucket      = aws_s3_bucket.data.id
  depends_on  = [aws_sqs_queue_policy.events, aws_sns_topic_policy.events]
  eventbridge = true
  queue {
    id            = "images"
    queue_arn     = aws_sqs_queue.events.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "images/"
    filter_suffix = var.status == "Enabled" ? ".jpg" : ".png"
  }
  topic {
    topic_arn = aws_sns_topic.events.arn
    events    = ["s3:ObjectRemoved:*", "s3:ObjectTagging:*"]
  }
}
