"""The open 12345 hotline work-order engine: 接 receive → 转 transfer → 办 handle → 报 report."""

from __future__ import annotations

from config.settings import Settings
from hotline.base.work import OneCommitFlask

__version__ = "0.1.0"


def create_app(settings: Settings) -> OneCommitFlask:
    """The Flask app for some settings; they must name a database (see base.embedded.with_database)."""
    from hotline import doors

    app = OneCommitFlask(__name__)
    app.config.from_mapping(doors.flask_config(settings))
    doors.install(app, settings)
    return app
