terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "is_blocked" {
  default = true
}

data "aws_caller_identity" "current" {}

resource "aws_s3_account_public_access_block" "here" {
  block_public_acls       = true
  block_public_policy     = var.is_blocked
  ignore_public_acls      = true
  restrict_public_buckets = var.is_blocked
}

data "aws_s3_account_public_access_block" "here" {
  depends_on = [aws_s3_account_public_access_block.here]
}

resource "aws_s3_bucket" "data" {
  bucket        = "points-data"
  force_destroy = true
}

resource "aws_s3_access_point" "orders" {
  bucket = aws_s3_bucket.data.id
  name   = "orders"
  public_access_block_configuration {
    block_public_acls       = true
    block_public_policy     = true
    ignore_public_acls      = true
    restrict_public_buckets = true
  }
  lifecycle {
    ignore_changes = [policy]
  }
}

resource "aws_s3_access_point" "private" {
  bucket = aws_s3_bucket.data.id
  name   = "private"
  vpc_configuration {
    vpc_id = "vpc-0123456789abcdef0"
  }
  policy = data.aws_iam_policy_document.private.json
}

data "aws_iam_policy_document" "private" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:us-east-1:${data.aws_caller_identity.current.account_id}:accesspoint/private/object/*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "orders" {
  statement {
    actions   = var.is_blocked ? ["s3:GetObject"] : ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_access_point.orders.arn}/object/*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_s3control_access_point_policy" "orders" {
  access_point_arn = aws_s3_access_point.orders.arn
  policy           = data.aws_iam_policy_document.orders.json
}

resource "aws_s3_object" "through" {
  bucket     = aws_s3_access_point.orders.arn
  key        = "orders/1"
  content    = "through a point"
  depends_on = [aws_s3control_access_point_policy.orders]
}

output "alias" {
  value = aws_s3_access_point.orders.alias
}

output "is_blocked" {
  value = data.aws_s3_account_public_access_block.here.block_public_policy
}
