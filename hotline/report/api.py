"""The API of reports (being written)."""
from flask_smorest import Blueprint
api = Blueprint("report_api", __name__, url_prefix="/api/v1/reports", description="Reports")
