"""Pure ASGI middleware: BaseHTTPMiddleware costs more than the rest of a request."""
