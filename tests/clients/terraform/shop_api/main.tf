# An orders API: API Gateway, a function, a table, a user pool, and usage plans in three tiers.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "package" {
  type = string
}

variable "tiers" {
  default = {
    free    = { rate = 1, burst = 2, quota = 5 }
    silver  = { rate = 10, burst = 20, quota = 1000 }
    premium = { rate = 100, burst = 200, quota = 100000 }
  }
}

locals {
  methods = {
    create = { resource = aws_api_gateway_resource.orders.id, method = "POST", timeout = 29000 }
    read   = { resource = aws_api_gateway_resource.order.id, method = "GET", timeout = 29000 }
    slow   = { resource = aws_api_gateway_resource.slow.id, method = "GET", timeout = 29000 }
    broken = { resource = aws_api_gateway_resource.broken.id, method = "GET", timeout = 29000 }
  }
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_iam_role" "orders" {
  name = "orders-api"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "orders" {
  name = "orders"
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:PutItem", "dynamodb:GetItem"]
      Resource = aws_dynamodb_table.orders.arn
    }]
  })
}

resource "aws_lambda_function" "orders" {
  function_name    = "orders"
  role             = aws_iam_role.orders.arn
  runtime          = "python3.11"
  handler          = "orders.handler"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  timeout          = 60
  memory_size      = 1769
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.orders.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.shop.execution_arn}/*/*"
}

resource "aws_cognito_user_pool" "customers" {
  name = "customers"
}

resource "aws_cognito_user_pool_client" "web" {
  name                = "web"
  user_pool_id        = aws_cognito_user_pool.customers.id
  explicit_auth_flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
}

resource "aws_api_gateway_rest_api" "shop" {
  name               = "shop"
  binary_media_types = ["multipart/form-data"]
  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_authorizer" "customers" {
  name          = "customers"
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  type          = "COGNITO_USER_POOLS"
  provider_arns = [aws_cognito_user_pool.customers.arn]
}

resource "aws_api_gateway_resource" "orders" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "orders"
}

resource "aws_api_gateway_resource" "order" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_resource.orders.id
  path_part   = "{id}"
}

resource "aws_api_gateway_resource" "slow" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "slow"
}

resource "aws_api_gateway_resource" "broken" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "broken"
}

resource "aws_api_gateway_method" "orders" {
  for_each         = local.methods
  rest_api_id      = aws_api_gateway_rest_api.shop.id
  resource_id      = each.value.resource
  http_method      = each.value.method
  authorization    = "COGNITO_USER_POOLS"
  authorizer_id    = aws_api_gateway_authorizer.customers.id
  api_key_required = true
}

resource "aws_api_gateway_integration" "orders" {
  for_each                = local.methods
  rest_api_id             = aws_api_gateway_rest_api.shop.id
  resource_id             = each.value.resource
  http_method             = aws_api_gateway_method.orders[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.orders.invoke_arn
  timeout_milliseconds    = each.value.timeout
}

resource "aws_api_gateway_deployment" "shop" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  depends_on  = [aws_api_gateway_integration.orders]
}

resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = aws_api_gateway_deployment.shop.id
  stage_name    = "prod"
}

resource "aws_api_gateway_usage_plan" "tier" {
  for_each = var.tiers
  name     = each.key
  api_stages {
    api_id = aws_api_gateway_rest_api.shop.id
    stage  = aws_api_gateway_stage.prod.stage_name
  }
  throttle_settings {
    rate_limit  = each.value.rate
    burst_limit = each.value.burst
  }
  quota_settings {
    limit  = each.value.quota
    period = "MONTH"
  }
}

resource "aws_api_gateway_api_key" "tier" {
  for_each = var.tiers
  name     = each.key
}

resource "aws_api_gateway_usage_plan_key" "tier" {
  for_each      = var.tiers
  key_id        = aws_api_gateway_api_key.tier[each.key].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.tier[each.key].id
}

output "api" {
  value = aws_api_gateway_rest_api.shop.id
}

output "pool" {
  value = aws_cognito_user_pool.customers.id
}

output "client" {
  value = aws_cognito_user_pool_client.web.id
}

output "keys" {
  value     = { for name, key in aws_api_gateway_api_key.tier : name => key.value }
  sensitive = true
}
