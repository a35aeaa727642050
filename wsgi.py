"""The WSGI application, for gunicorn or any other server: ``gunicorn wsgi:app``."""

from config.settings import Settings
from hotline import create_app
from hotline.base.embedded import with_database
from hotline.warm import warm_up

app = create_app(with_database(Settings.from_env()))
warm_up(app)
