terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "days" {
  default = 14
}

data "aws_caller_identity" "me" {}
data "aws_region" "here" {}

resource "aws_kms_key" "logs" {
  description             = "logs of the shop"
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "logs.us-east-1.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:${data.aws_caller_identity.me.account_id}:*" }
        }
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/shop/api"
  retention_in_days = var.days
  kms_key_id        = aws_kms_key.logs.arn
  tags              = { team = "shop" }
}

resource "aws_cloudwatch_log_group" "rare" {
  name            = "/shop/rare"
  log_group_class = "INFREQUENT_ACCESS"
}

resource "aws_cloudwatch_log_stream" "api" {
  name           = "api-1"
  log_group_name = aws_cloudwatch_log_group.api.name
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.api.name
  pattern        = "{ $.status >= 500 }"

  metric_transformation {
    name       = "Errors"
    namespace  = "Shop"
    value      = "1"
    unit       = "Count"
    dimensions = { Path = "$.path" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "timeouts" {
  name           = "timeouts"
  log_group_name = aws_cloudwatch_log_group.api.name
  pattern        = "\"Task timed out\""

  metric_transformation {
    name          = "Timeouts"
    namespace     = "Shop"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_log_resource_policy" "dns" {
  policy_name = "dns"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "route53.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "arn:aws:logs:*:*:log-group:/shop/*"
    }]
  })
}

resource "aws_cloudwatch_query_definition" "slow" {
  name            = "shop/slow"
  log_group_names = [aws_cloudwatch_log_group.api.name]
  query_string    = "fields @timestamp, @message | filter latency > 500 | sort @timestamp desc | limit 20"
}

locals {
  masked = {
    Name    = "masked"
    Version = "2021-06-01"
    Statement = [
      {
        Sid            = "audit"
        DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
        Operation      = { Audit = { FindingsDestination = {} } }
      },
      {
        Sid            = "redact"
        DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
        Operation      = { Deidentify = { MaskConfig = {} } }
      },
    ]
  }
}

resource "aws_cloudwatch_log_data_protection_policy" "api" {
  log_group_name  = aws_cloudwatch_log_group.api.name
  policy_document = jsonencode(local.masked)
}

resource "aws_cloudwatch_log_account_policy" "masked" {
  policy_name     = "masked"
  policy_type     = "DATA_PROTECTION_POLICY"
  policy_document = jsonencode(local.masked)
}

resource "aws_cloudwatch_log_account_policy" "parsed" {
  policy_name        = "parsed"
  policy_type        = "TRANSFORMER_POLICY"
  policy_document    = jsonencode([{ parseJSON = {} }])
  selection_criteria = "LogGroupNamePrefix = \"/shop/\""
}

resource "aws_iam_role" "forwards" {
  name = "forwards"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "logs.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "put" {
  name = "put"
  role = aws_iam_role.forwards.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kinesis:PutRecord", Resource = aws_kinesis_stream.logs.arn }]
  })
}

resource "aws_kinesis_stream" "logs" {
  name        = "logs"
  shard_count = 1
}

resource "aws_cloudwatch_log_subscription_filter" "api" {
  name            = "errors"
  log_group_name  = aws_cloudwatch_log_group.api.name
  filter_pattern  = "ERROR"
  destination_arn = aws_kinesis_stream.logs.arn
  role_arn        = aws_iam_role.forwards.arn
  distribution    = "Random"
  depends_on      = [aws_iam_role_policy.put]
}

resource "aws_cloudwatch_log_account_policy" "everything" {
  policy_name        = "everything"
  policy_type        = "SUBSCRIPTION_FILTER_POLICY"
  selection_criteria = "LogGroupName NOT IN [\"/shop/api\"]"
  policy_document = jsonencode({
    DestinationArn = aws_kinesis_stream.logs.arn
    RoleArn        = aws_iam_role.forwards.arn
    FilterPattern  = "test"
    Distribution   = "Random"
  })
  depends_on = [aws_iam_role_policy.put]
}

resource "aws_cloudwatch_log_index_policy" "api" {
  log_group_name  = aws_cloudwatch_log_group.api.name
  policy_document = jsonencode({ Fields = ["requestId"] })
}

data "aws_cloudwatch_log_group" "api" {
  name = aws_cloudwatch_log_group.api.name
}

data "aws_cloudwatch_log_groups" "shop" {
  log_group_name_prefix = "/shop/"
  depends_on            = [aws_cloudwatch_log_group.api, aws_cloudwatch_log_group.rare]
}

output "days" {
  value = data.aws_cloudwatch_log_group.api.retention_in_days
}

output "groups" {
  value = sort(data.aws_cloudwatch_log_groups.shop.log_group_names)
}
