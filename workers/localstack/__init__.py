"""The local stack: Camunda 8.6 with Operate and Tasklist, OpenSearch, a mail sink and the workers, without Docker."""
