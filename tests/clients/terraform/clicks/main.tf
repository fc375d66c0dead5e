terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "hours" {
  default = 48
}

variable "shards" {
  default = 1
}

resource "aws_kinesis_stream" "clicks" {
  name                = "clicks"
  shard_count         = var.shards
  retention_period    = var.hours
  encryption_type     = "KMS"
  kms_key_id          = "alias/aws/kinesis"
  shard_level_metrics = ["IncomingBytes", "OutgoingBytes"]
  tags                = { team = "shop" }
}

resource "aws_kinesis_stream" "views" {
  name = "views"
  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}

resource "aws_kinesis_stream_consumer" "reader" {
  name       = "reader"
  stream_arn = aws_kinesis_stream.clicks.arn
}

output "hours" {
  value = aws_kinesis_stream.clicks.retention_period
}

output "consumer" {
  value = aws_kinesis_stream_consumer.reader.arn
}
