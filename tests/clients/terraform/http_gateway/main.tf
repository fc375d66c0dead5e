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

resource "aws_cloudwatch_log_group" "access" {
  name = "/gateway/http"
}

resource "aws_apigatewayv2_api" "shop" {
  name          = "shop"
  protocol_type = "HTTP"
  description   = "Orders at ${var.rate} a second"
  cors_configuration {
    allow_origins     = ["https://shop.example.com"]
    allow_methods     = ["GET", "POST"]
    allow_headers     = ["authorization"]
    allow_credentials = true
    max_age           = 300
  }
  tags = { team = "orders" }
}

resource "aws_apigatewayv2_api" "quick" {
  name          = "quick"
  protocol_type = "HTTP"
  target        = "https://backend.example.com/"
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id                 = aws_apigatewayv2_api.shop.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = "https://backend.example.com/{proxy}"
  payload_format_version = "1.0"
  timeout_milliseconds   = 10000
  request_parameters = {
    "append:header.x-rate" = tostring(var.rate)
    "overwrite:path"       = "$request.path"
  }
  response_parameters {
    status_code = 403
    mappings = {
      "overwrite:statuscode" = "404"
    }
  }
}

resource "aws_apigatewayv2_integration" "work" {
  api_id                 = aws_apigatewayv2_api.shop.id
  integration_type       = "AWS_PROXY"
  integration_uri        = local.function
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_authorizer" "people" {
  api_id           = aws_apigatewayv2_api.shop.id
  authorizer_type  = "JWT"
  name             = "people"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
    audience = ["shop"]
  }
}

resource "aws_apigatewayv2_authorizer" "judge" {
  api_id                            = aws_apigatewayv2_api.shop.id
  authorizer_type                   = "REQUEST"
  name                              = "judge"
  authorizer_uri                    = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${local.function}/invocations"
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  identity_sources                  = ["$request.header.who"]
  authorizer_result_ttl_in_seconds  = 60
}

resource "aws_apigatewayv2_route" "orders" {
  api_id               = aws_apigatewayv2_api.shop.id
  route_key            = "GET /orders/{id}"
  target               = "integrations/${aws_apigatewayv2_integration.work.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.people.id
  authorization_scopes = ["orders.read"]
}

resource "aws_apigatewayv2_route" "judged" {
  api_id             = aws_apigatewayv2_api.shop.id
  route_key          = "POST /orders"
  target             = "integrations/${aws_apigatewayv2_integration.work.id}"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.judge.id
}

resource "aws_apigatewayv2_route" "others" {
  api_id    = aws_apigatewayv2_api.shop.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.backend.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.shop.id
  name        = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_rate_limit    = var.rate
    throttling_burst_limit   = 50
    detailed_metrics_enabled = true
  }
  route_settings {
    route_key              = aws_apigatewayv2_route.orders.route_key
    throttling_rate_limit  = 10
    throttling_burst_limit = 5
  }
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = "$context.requestId $context.status"
  }
  stage_variables = { color = "blue" }
}

resource "aws_apigatewayv2_deployment" "fixed" {
  api_id      = aws_apigatewayv2_api.shop.id
  description = "fixed"
  depends_on  = [aws_apigatewayv2_route.orders, aws_apigatewayv2_route.judged, aws_apigatewayv2_route.others]
}

resource "aws_apigatewayv2_stage" "fixed" {
  api_id        = aws_apigatewayv2_api.shop.id
  name          = "fixed"
  deployment_id = aws_apigatewayv2_deployment.fixed.id
}

resource "aws_apigatewayv2_vpc_link" "inside" {
  name               = "inside"
  security_group_ids = []
  subnet_ids         = ["subnet-0123456789abcdef0"]
}

resource "aws_apigatewayv2_api" "chat" {
  name                       = "chat"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "chat" {
  api_id           = aws_apigatewayv2_api.chat.id
  integration_type = "MOCK"
}

resource "aws_apigatewayv2_integration_response" "chat" {
  api_id                   = aws_apigatewayv2_api.chat.id
  integration_id           = aws_apigatewayv2_integration.chat.id
  integration_response_key = "/200/"
}

resource "aws_apigatewayv2_route" "chat" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.chat.id}"
  route_response_selection_expression = "$default"
}

resource "aws_apigatewayv2_route_response" "chat" {
  api_id             = aws_apigatewayv2_api.chat.id
  route_id           = aws_apigatewayv2_route.chat.id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_model" "message" {
  api_id       = aws_apigatewayv2_api.chat.id
  name         = "message"
  content_type = "application/json"
  schema       = jsonencode({ type = "object" })
}

resource "aws_acm_certificate" "this" {
  count            = local.domains
  certificate_body = var.certificate
  private_key      = var.certificate_key
}

resource "aws_apigatewayv2_domain_name" "this" {
  count       = local.domains
  domain_name = "http.example.com"
  domain_name_configuration {
    certificate_arn = aws_acm_certificate.this[0].arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  count           = local.domains
  api_id          = aws_apigatewayv2_api.shop.id
  domain_name     = aws_apigatewayv2_domain_name.this[0].id
  stage           = aws_apigatewayv2_stage.default.id
  api_mapping_key = "v1/shop"
}

output "api" {
  value = aws_apigatewayv2_api.shop.id
}
