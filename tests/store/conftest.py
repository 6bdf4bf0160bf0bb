from servers import hub, s3, s3_server  # noqa: F401 - fixtures
