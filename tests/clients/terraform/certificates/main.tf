terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "body" {}
variable "key" {}

variable "team" {
  default = "shop"
}

resource "aws_acm_certificate" "requested" {
  domain_name               = "shop.example.com"
  subject_alternative_names = ["*.shop.example.com"]
  validation_method         = "DNS"
  tags                      = { team = var.team }
}

resource "aws_acm_certificate" "imported" {
  certificate_body = var.body
  private_key      = var.key
}

resource "aws_acm_certificate_validation" "requested" {
  certificate_arn = aws_acm_certificate.requested.arn
}

resource "aws_api_gateway_domain_name" "shop" {
  domain_name              = "api.shop.example.com"
  regional_certificate_arn = aws_acm_certificate_validation.requested.certificate_arn

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

output "requested" {
  value = aws_acm_certificate.requested.arn
}
