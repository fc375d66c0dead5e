"""API definitions in OpenAPI 2.0 and 3.0: reading and writing them, with what `x-amazon-apigateway-…` adds."""
