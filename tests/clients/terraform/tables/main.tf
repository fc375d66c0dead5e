terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "read_capacity" {
  default = 5
}

variable "with_place" {
  default = true
}

variable "replicas" {
  type    = list(string)
  default = ["eu-west-1"]
}

data "aws_caller_identity" "me" {}

resource "aws_kms_key" "tables" {
  deletion_window_in_days = 7
}

resource "aws_dynamodb_table" "orders" {
  name           = "orders"
  billing_mode   = "PROVISIONED"
  hash_key       = "pk"
  range_key      = "sk"
  read_capacity  = var.read_capacity
  write_capacity = 5
  table_class    = "STANDARD_INFREQUENT_ACCESS"

  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "N"
  }
  attribute {
    name = "due"
    type = "N"
  }
  dynamic "attribute" {
    for_each = var.with_place ? ["place"] : []
    content {
      name = attribute.value
      type = "S"
    }
  }

  local_secondary_index {
    name            = "by_due"
    range_key       = "due"
    projection_type = "KEYS_ONLY"
  }

  dynamic "global_secondary_index" {
    for_each = var.with_place ? ["place"] : []
    content {
      name               = "by_place"
      hash_key           = "place"
      range_key          = "due"
      read_capacity      = 5
      write_capacity     = 5
      projection_type    = "INCLUDE"
      non_key_attributes = ["state"]
    }
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 7
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.tables.arn
  }

  tags = { team = "orders" }
}

resource "aws_dynamodb_table" "sessions" {
  name                        = "sessions"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = false

  attribute {
    name = "id"
    type = "S"
  }

  on_demand_throughput {
    max_read_request_units  = 100
    max_write_request_units = 50
  }

  lifecycle {
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_dynamodb_table" "everywhere" {
  name             = "everywhere"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "id"
    type = "S"
  }

  dynamic "replica" {
    for_each = var.replicas
    content {
      region_name = replica.value
    }
  }
}

resource "aws_dynamodb_table_item" "first" {
  table_name = aws_dynamodb_table.orders.name
  hash_key   = aws_dynamodb_table.orders.hash_key
  range_key  = aws_dynamodb_table.orders.range_key
  item       = jsonencode({ pk = { S = "a" }, sk = { N = "1" }, place = { S = "Oslo" }, due = { N = "7" } })
}

resource "aws_dynamodb_tag" "cost" {
  resource_arn = aws_dynamodb_table.sessions.arn
  key          = "cost"
  value        = "42"
}

resource "aws_dynamodb_contributor_insights" "orders" {
  table_name = aws_dynamodb_table.orders.name
}

resource "aws_dynamodb_resource_policy" "orders" {
  resource_arn = aws_dynamodb_table.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = data.aws_caller_identity.me.account_id }
      Action    = "dynamodb:GetItem"
      Resource  = aws_dynamodb_table.orders.arn
    }]
  })
}

output "key" {
  value = aws_kms_key.tables.arn
}

output "stream" {
  value = aws_dynamodb_table.orders.stream_arn
}
