"""The HTTP API: photos in, emotions out, and corrections back.

`app` puts it together. A request passes `guard` (its id, its bounds, its line in the log), `access`
(its key: `keys`, `key_store`) and a route (`predicting`, `batches`, `corrections`); `engine` does
the work in its threads. `shapes` describes what goes over the wire, and nothing behind the routes
uses it.
"""
