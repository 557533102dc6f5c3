"""Management over HTTP at `/api/v1`: one thin file per package, one transaction per request."""
