terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "reservoir" {
  type    = number
  default = 5
}

resource "aws_kms_key" "traces" {
  description             = "traces"
  deletion_window_in_days = 7
}

resource "aws_xray_encryption_config" "traces" {
  type   = "KMS"
  key_id = aws_kms_key.traces.arn
}

resource "aws_xray_sampling_rule" "orders" {
  rule_name      = "orders"
  priority       = 1000
  version        = 1
  reservoir_size = var.reservoir
  fixed_rate     = 0.05
  url_path       = "/orders/*"
  host           = "*"
  http_method    = "*"
  service_type   = "*"
  service_name   = "*"
  resource_arn   = "*"

  attributes = {
    tier = "gold"
  }

  tags = {
    team = "shop"
  }
}

resource "aws_xray_group" "slow" {
  group_name        = "slow"
  filter_expression = "responsetime > ${var.reservoir}"

  insights_configuration {
    insights_enabled      = false
    notifications_enabled = false
  }

  tags = {
    team = "shop"
  }
}

resource "aws_xray_resource_policy" "topics" {
  policy_name = "topics"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = ["xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
      Resource  = "*"
    }]
  })
}
