terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "interval" {
  default = 60
}

resource "aws_s3_bucket" "lake" {
  bucket        = "clicks-lake"
  force_destroy = true
}

resource "aws_kinesis_stream" "clicks" {
  name        = "lake-clicks"
  shard_count = 1
}

resource "aws_iam_role" "delivers" {
  name = "delivers"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { Service = "firehose.amazonaws.com" }, Action = "sts:AssumeRole" },
    ]
  })
}

resource "aws_iam_role_policy" "delivers" {
  name = "delivers"
  role = aws_iam_role.delivers.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:*", Resource = ["${aws_s3_bucket.lake.arn}", "${aws_s3_bucket.lake.arn}/*"] },
      { Effect = "Allow", Action = "kinesis:*", Resource = aws_kinesis_stream.clicks.arn },
    ]
  })
}

resource "aws_kinesis_firehose_delivery_stream" "direct" {
  name        = "direct"
  destination = "extended_s3"

  extended_s3_configuration {
    role_arn            = aws_iam_role.delivers.arn
    bucket_arn          = aws_s3_bucket.lake.arn
    prefix              = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
    error_output_prefix = "bad/!{firehose:error-output-type}/"
    buffering_size      = 5
    buffering_interval  = var.interval
    compression_format  = "GZIP"
  }

  server_side_encryption {
    enabled = true
  }

  tags       = { team = "shop" }
  depends_on = [aws_iam_role_policy.delivers]
}

resource "aws_kinesis_firehose_delivery_stream" "streamed" {
  name        = "streamed"
  destination = "extended_s3"

  kinesis_source_configuration {
    kinesis_stream_arn = aws_kinesis_stream.clicks.arn
    role_arn           = aws_iam_role.delivers.arn
  }

  extended_s3_configuration {
    role_arn           = aws_iam_role.delivers.arn
    bucket_arn         = aws_s3_bucket.lake.arn
    prefix             = "streamed/"
    buffering_interval = 0
  }

  depends_on = [aws_iam_role_policy.delivers]
}
