terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "objects" {
  default = "orders/"
}

variable "retention" {
  default = 90
}

data "aws_caller_identity" "me" {}

locals {
  account   = data.aws_caller_identity.me.account_id
  trail_arn = "arn:aws:cloudtrail:us-east-1:${local.account}:trail/audit"
}

resource "aws_s3_bucket" "logs" {
  bucket        = "audit-logs"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.logs.arn
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/shop/AWSLogs/${local.account}/*"
        Condition = {
          StringEquals = {
            "s3:x-amz-acl"  = "bucket-owner-full-control"
            "aws:SourceArn" = local.trail_arn
          }
        }
      },
    ]
  })
}

resource "aws_kms_key" "logs" {
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "kms:GenerateDataKey*"
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceArn" = local.trail_arn }
          StringLike   = { "kms:EncryptionContext:aws:cloudtrail:arn" = "arn:aws:cloudtrail:*:${local.account}:trail/*" }
        }
      },
    ]
  })
}

resource "aws_sns_topic" "logs" {
  name = "audit-logs"
}

resource "aws_sns_topic_policy" "logs" {
  arn = aws_sns_topic.logs.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "SNS:Publish"
      Resource  = aws_sns_topic.logs.arn
    }]
  })
}

resource "aws_cloudtrail" "audit" {
  name                       = "audit"
  s3_bucket_name             = aws_s3_bucket.logs.id
  s3_key_prefix              = "shop"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = aws_kms_key.logs.arn
  sns_topic_name             = aws_sns_topic.logs.name
  tags                       = { team = "audit" }

  event_selector {
    read_write_type                  = "All"
    include_management_events        = true
    exclude_management_event_sources = ["kms.amazonaws.com"]

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::shop/${var.objects}"]
    }
  }

  insight_selector {
    insight_type = "ApiCallRateInsight"
  }

  depends_on = [aws_s3_bucket_policy.logs, aws_sns_topic_policy.logs]
}

resource "aws_s3_bucket" "plain" {
  bucket        = "plain-logs"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "plain" {
  bucket = aws_s3_bucket.plain.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["s3:GetBucketAcl", "s3:PutObject"]
        Resource  = [aws_s3_bucket.plain.arn, "${aws_s3_bucket.plain.arn}/*"]
      },
    ]
  })
}

resource "aws_cloudtrail" "objects" {
  name           = "objects"
  s3_bucket_name = aws_s3_bucket.plain.id
  enable_logging = false

  advanced_event_selector {
    name = "writes of objects"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = ["arn:aws:s3:::shop/${var.objects}"]
    }

    field_selector {
      field  = "readOnly"
      equals = ["false"]
    }
  }

  depends_on = [aws_s3_bucket_policy.plain]
}

resource "aws_cloudtrail_event_data_store" "lake" {
  name                           = "lake"
  retention_period               = var.retention
  termination_protection_enabled = false
  tags                           = { team = "audit" }
}

output "trail" {
  value = aws_cloudtrail.audit.arn
}

output "home_region" {
  value = aws_cloudtrail.audit.home_region
}

output "lake" {
  value = aws_cloudtrail_event_data_store.lake.arn
}
