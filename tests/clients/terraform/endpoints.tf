# How stacks that predate AWS_ENDPOINT_URL name an endpoint.

variable "endpoint" {}

provider "aws" {
  region = "us-east-1"
  endpoints {
    iam = var.endpoint
    sns = var.endpoint
    sqs = var.endpoint
    sts = var.endpoint
  }
}
