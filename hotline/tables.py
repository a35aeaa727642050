"""Every table of the product: importing this module completes the metadata."""

from hotline.base import changes, idempotency, outbox
from hotline.base.db import Base
from hotline.calls import models as calls
from hotline.handle import models as handle
from hotline.knowledge import models as knowledge
from hotline.ledgers import models as ledgers
from hotline.notices import models as notices
from hotline.orders import models as orders
from hotline.people import models as people
from hotline.policy import models as policy
from hotline.receive import models as receive
from hotline.report.papers import models as papers
from hotline.report.rollup import models as rollup
from hotline.report.topics import models as topics
from hotline.transfer import models as transfer

metadata = Base.metadata
__all__ = [
    "calls",
    "changes",
    "handle",
    "idempotency",
    "knowledge",
    "ledgers",
    "metadata",
    "notices",
    "orders",
    "outbox",
    "papers",
    "people",
    "policy",
    "receive",
    "rollup",
    "topics",
    "transfer",
]
