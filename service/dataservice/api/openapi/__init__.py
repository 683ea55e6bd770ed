"""The OpenAPI document: what each route says of itself, a file a resource, and the whole with the instance's schema."""
