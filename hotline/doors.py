"""Every door of the product, hung into the app: extensions, then each room's pages and API."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from flask_smorest import Api
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import Settings
from hotline import shell
from hotline.admin.pages import pages as admin_pages
from hotline.base import assets, i18n, pieces, web
from hotline.base import db as database
from hotline.base.rest import IsoJson
from hotline.calls.api import api as calls_api
from hotline.citizen.api import api as asked_api
from hotline.citizen.asked_pages import pages as asked_pages
from hotline.citizen.pages import pages as citizen_pages
from hotline.handle.api import api as handle_api
from hotline.handle.api import appeals_api
from hotline.handle.audit_pages import pages as audit_pages
from hotline.handle.pages import pages as handle_pages
from hotline.handle.template_pages import pages as template_pages
from hotline.handle.watch_api import api as alarms_api
from hotline.handle.watch_pages import pages as watch_pages
from hotline.knowledge.api import api as replies_api
from hotline.knowledge.article_api import api as knowledge_api
from hotline.knowledge.article_pages import pages as article_pages
from hotline.knowledge.pages import pages as knowledge_pages
from hotline.ledgers.api import api as ledgers_api
from hotline.ledgers.pages import pages as ledger_pages
from hotline.notices.delivery_pages import pages as delivery_pages
from hotline.notices.pages import pages as notice_pages
from hotline.orders.api import api as orders_api
from hotline.orders.pages import pages as order_pages
from hotline.orders.policy_pages import pages as policy_pages
from hotline.people import signin
from hotline.people.pages import pages as people_pages
from hotline.people.view_pages import pages as view_pages
from hotline.receive.api import api as receive_api
from hotline.receive.exit_api import api as exit_api
from hotline.receive.exit_pages import pages as exit_pages
from hotline.receive.pages import pages as receive_pages
from hotline.report.api import api as report_api
from hotline.report.pages import pages as report_pages
from hotline.report.papers.api import api as paper_api
from hotline.report.papers.pages import pages as paper_pages
from hotline.report.topics.api import api as topics_api
from hotline.report.topics.pages import pages as topic_pages
from hotline.report.wall_pages import pages as wall_pages
from hotline.transfer.api import api as transfer_api
from hotline.transfer.catalogue_api import api as catalogue_api
from hotline.transfer.catalogue_pages import pages as catalogue_pages
from hotline.transfer.pages import pages as transfer_pages
from hotline.transfer.proposal_pages import pages as proposal_pages

PAGES = (
    people_pages,
    view_pages,
    receive_pages,
    exit_pages,
    citizen_pages,
    asked_pages,
    order_pages,
    transfer_pages,
    knowledge_pages,
    article_pages,
    handle_pages,
    template_pages,
    ledger_pages,
    watch_pages,
    audit_pages,
    report_pages,
    topic_pages,
    paper_pages,
    wall_pages,
    notice_pages,
    policy_pages,
    catalogue_pages,
    proposal_pages,
    delivery_pages,
    admin_pages,
)
APIS = (
    calls_api,
    receive_api,
    exit_api,
    asked_api,
    orders_api,
    transfer_api,
    catalogue_api,
    knowledge_api,
    replies_api,
    handle_api,
    alarms_api,
    appeals_api,
    ledgers_api,
    report_api,
    topics_api,
    paper_api,
)


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The API, with errors told as everywhere else: as problem documents."""

    def handle_http_exception(self, error: HTTPException) -> ResponseReturnValue:
        """Answer an HTTP error."""
        return web.http_error(error)


def flask_config(settings: Settings) -> dict[str, Any]:
    """The settings in the words of Flask and its extensions."""
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_size": settings.web_threads + 2,
            "hide_parameters": True,  # an error in the log must not carry a citizen's record
        },
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "WTF_CSRF_CHECK_DEFAULT": False,  # base.web checks, so that API keys need no form token
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open over lunch must still save
        "MAX_CONTENT_LENGTH": settings.max_upload_mb * 1024 * 1024,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "RATELIMIT_ENABLED": settings.rate_limits,
        "RATELIMIT_STORAGE_URI": _limits_in(settings.redis_url),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,  # without Redis people still sign in
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_HEADERS_ENABLED": True,
        "API_TITLE": "12345 hotline",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.0.3",
        "OPENAPI_URL_PREFIX": "/api/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
    }


def _limits_in(redis_url: str | None) -> str:
    """Where rate limits are counted: in Redis, named as the limiter names it, or in this process."""
    if redis_url is None:
        return "memory://"
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def install(app: Flask, settings: Settings) -> None:
    """Install the extensions and every room's doors."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # how Flask documents it
    app.json = IsoJson(app)
    database.init_app(app)
    i18n.init_app(app)
    signin.init_app(app)
    web.init_app(app)
    assets.init_app(app)
    pieces.init_app(app)
    Bootstrap5(app)
    shell.init_app(app)
    for pages in PAGES:
        app.register_blueprint(pages)
    _install_api(app)


def _install_api(app: Flask) -> None:

    api = ProblemApi(app)
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"key": []}]
    for blueprint in APIS:
        api.register_blueprint(blueprint)
