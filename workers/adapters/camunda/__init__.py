"""Camunda 8: the gRPC gateway, the REST API, Tasklist."""
