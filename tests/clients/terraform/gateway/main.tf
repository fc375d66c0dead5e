terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "rate" {
  type    = number
  default = 100
}

variable "certificate" {
  default = ""
}

variable "certificate_key" {
  default = ""
}

locals {
  function = "arn:aws:lambda:us-east-1:000000000000:function:authorize"
  domains  = var.certificate == "" ? 0 : 1
}

resource "aws_iam_role" "logs" {
  name = "gateway-logs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.logs.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.logs.arn
  depends_on          = [aws_iam_role_policy_attachment.logs]
}

resource "aws_cloudwatch_log_group" "access" {
  name = "/gateway/shop"
}

resource "aws_api_gateway_rest_api" "shop" {
  name                     = "shop"
  description              = "Orders at ${var.rate} a second"
  binary_media_types       = ["image/png"]
  minimum_compression_size = 1024
  endpoint_configuration {
    types = ["REGIONAL"]
  }
  tags = {
    team = "shop"
  }
}

data "aws_iam_policy_document" "shop" {
  statement {
    effect = "Allow"
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.shop.execution_arn}/*"]
    condition {
      test     = "NotIpAddress"
      variable = "aws:SourceIp"
      values   = ["203.0.113.0/24"]
    }
  }
}

resource "aws_api_gateway_rest_api_policy" "shop" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  policy      = data.aws_iam_policy_document.shop.json
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

resource "aws_api_gateway_model" "order" {
  rest_api_id  = aws_api_gateway_rest_api.shop.id
  name         = "Order"
  content_type = "application/json"
  schema = jsonencode({
    "$schema"  = "http://json-schema.org/draft-04/schema#"
    type       = "object"
    required   = ["item"]
    properties = { item = { type = "string", maxLength = var.rate } }
  })
}

resource "aws_api_gateway_request_validator" "all" {
  rest_api_id                 = aws_api_gateway_rest_api.shop.id
  name                        = "all"
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_authorizer" "token" {
  rest_api_id                      = aws_api_gateway_rest_api.shop.id
  name                             = "token"
  type                             = "TOKEN"
  authorizer_uri                   = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${local.function}/invocations"
  authorizer_result_ttl_in_seconds = 60
  identity_validation_expression   = "^Bearer .+$"
}

resource "aws_api_gateway_authorizer" "request" {
  rest_api_id                      = aws_api_gateway_rest_api.shop.id
  name                             = "request"
  type                             = "REQUEST"
  authorizer_uri                   = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${local.function}/invocations"
  identity_source                  = "method.request.header.Authorization,context.identity.sourceIp"
  authorizer_result_ttl_in_seconds = var.rate
}

resource "aws_api_gateway_authorizer" "pool" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  name          = "pool"
  type          = "COGNITO_USER_POOLS"
  provider_arns = ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_pool${var.rate}"]
}

resource "aws_api_gateway_method" "get" {
  rest_api_id      = aws_api_gateway_rest_api.shop.id
  resource_id      = aws_api_gateway_resource.order.id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = true
  request_parameters = {
    "method.request.path.id"            = true
    "method.request.querystring.detail" = false
  }
}

resource "aws_api_gateway_integration" "get" {
  rest_api_id          = aws_api_gateway_rest_api.shop.id
  resource_id          = aws_api_gateway_resource.order.id
  http_method          = aws_api_gateway_method.get.http_method
  type                 = "MOCK"
  cache_key_parameters = ["method.request.path.id"]
  request_templates = {
    "application/json" = jsonencode({ statusCode = 200 })
  }
}

resource "aws_api_gateway_method_response" "get" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  resource_id = aws_api_gateway_resource.order.id
  http_method = aws_api_gateway_method.get.http_method
  status_code = "200"
  response_models = {
    "application/json" = "Order"
  }
  response_parameters = {
    "method.response.header.X-Shop" = true
  }
  depends_on = [aws_api_gateway_model.order]
}

resource "aws_api_gateway_integration_response" "get" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  resource_id = aws_api_gateway_resource.order.id
  http_method = aws_api_gateway_method.get.http_method
  status_code = aws_api_gateway_method_response.get.status_code
  response_parameters = {
    "method.response.header.X-Shop" = "'shop'"
  }
  response_templates = {
    "application/json" = "{\"id\": \"$input.params('id')\"}"
  }
  depends_on = [aws_api_gateway_integration.get]
}

resource "aws_api_gateway_method" "post" {
  rest_api_id          = aws_api_gateway_rest_api.shop.id
  resource_id          = aws_api_gateway_resource.orders.id
  http_method          = "POST"
  authorization        = "CUSTOM"
  authorizer_id        = aws_api_gateway_authorizer.token.id
  request_validator_id = aws_api_gateway_request_validator.all.id
  request_models = {
    "application/json" = aws_api_gateway_model.order.name
  }
}

resource "aws_api_gateway_integration" "post" {
  rest_api_id             = aws_api_gateway_rest_api.shop.id
  resource_id             = aws_api_gateway_resource.orders.id
  http_method             = aws_api_gateway_method.post.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "POST"
  uri                     = "https://backend.example.com/orders"
  timeout_milliseconds    = 5000 + var.rate
  request_parameters = {
    "integration.request.header.X-Rate" = "'${var.rate}'"
  }
  tls_config {
    insecure_skip_verification = true
  }
}

resource "aws_api_gateway_gateway_response" "throttled" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  response_type = "THROTTLED"
  status_code   = "429"
  response_templates = {
    "application/json" = "{\"message\":$context.error.messageString, \"slow\": true}"
  }
  response_parameters = {
    "gatewayresponse.header.Retry-After" = "'${var.rate}'"
  }
}

resource "aws_api_gateway_documentation_part" "get" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  location {
    type   = "METHOD"
    method = "GET"
    path   = "/orders/{id}"
  }
  properties = jsonencode({ description = "One order" })
}

resource "aws_api_gateway_documentation_version" "first" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  version     = "1"
  depends_on  = [aws_api_gateway_documentation_part.get]
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  triggers = {
    rate = var.rate
  }
  lifecycle {
    create_before_destroy = true
  }
  depends_on = [
    aws_api_gateway_integration.get,
    aws_api_gateway_integration.post,
    aws_api_gateway_integration_response.get,
    aws_api_gateway_rest_api_policy.shop,
  ]
}

resource "aws_api_gateway_client_certificate" "this" {
  description = "for the backend"
}

resource "aws_api_gateway_stage" "prod" {
  rest_api_id           = aws_api_gateway_rest_api.shop.id
  deployment_id         = aws_api_gateway_deployment.this.id
  stage_name            = "prod"
  client_certificate_id = aws_api_gateway_client_certificate.this.id
  documentation_version = aws_api_gateway_documentation_version.first.version
  variables = {
    backend = "backend.example.com"
  }
  canary_settings {
    deployment_id   = aws_api_gateway_deployment.this.id
    percent_traffic = var.rate / 10
    stage_variable_overrides = {
      backend = "new.example.com"
    }
  }
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode({ id = "$context.requestId", status = "$context.status" })
  }
  tags = {
    stage = "prod"
  }
  depends_on = [aws_api_gateway_account.this]
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  stage_name  = aws_api_gateway_stage.prod.stage_name
  method_path = "*/*"
  settings {
    metrics_enabled        = true
    logging_level          = "INFO"
    throttling_rate_limit  = var.rate
    throttling_burst_limit = 50
  }
}

resource "aws_api_gateway_method_settings" "orders" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  stage_name  = aws_api_gateway_stage.prod.stage_name
  method_path = "orders/POST"
  settings {
    throttling_rate_limit  = 5
    throttling_burst_limit = 10
    caching_enabled        = true
    cache_ttl_in_seconds   = var.rate
  }
}

resource "aws_api_gateway_api_key" "customer" {
  name        = "customer"
  description = "at ${var.rate}"
}

resource "aws_api_gateway_usage_plan" "basic" {
  name = "basic"
  api_stages {
    api_id = aws_api_gateway_rest_api.shop.id
    stage  = aws_api_gateway_stage.prod.stage_name
    throttle {
      path        = "/orders/POST"
      rate_limit  = var.rate / 50
      burst_limit = 4
    }
  }
  quota_settings {
    limit  = 10000 + var.rate
    period = "MONTH"
  }
  throttle_settings {
    rate_limit  = var.rate
    burst_limit = 20
  }
}

resource "aws_api_gateway_usage_plan_key" "customer" {
  key_id        = aws_api_gateway_api_key.customer.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.basic.id
}

resource "aws_acm_certificate" "this" {
  count            = local.domains
  private_key      = var.certificate_key
  certificate_body = var.certificate
}

resource "aws_api_gateway_domain_name" "this" {
  count                    = local.domains
  domain_name              = "api.example.com"
  regional_certificate_arn = aws_acm_certificate.this[0].arn
  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  count       = local.domains
  api_id      = aws_api_gateway_rest_api.shop.id
  stage_name  = aws_api_gateway_stage.prod.stage_name
  domain_name = aws_api_gateway_domain_name.this[0].domain_name
  base_path   = "shop"
}

resource "aws_api_gateway_rest_api" "pets" {
  name = "pets"
  endpoint_configuration {
    types = ["REGIONAL"]
  }
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "pets", version = "1.0" }
    paths = {
      "/pets" = {
        get = {
          operationId = "pets${var.rate}"
          responses   = { "200" = { description = "OK" } }
          x-amazon-apigateway-integration = {
            type             = "mock"
            requestTemplates = { "application/json" = "{\"statusCode\": 200}" }
            responses        = { default = { statusCode = "200" } }
          }
        }
      }
    }
  })
}

output "api" {
  value = aws_api_gateway_rest_api.shop.id
}

output "key" {
  value     = aws_api_gateway_api_key.customer.value
  sensitive = true
}
