"""Every table: the database's table of contents."""

from comanda.accounts.models import Account, ApiToken, AuditEntry, Invitation, Member, User
from comanda.catalogue.models import Link, LinkItem, Product, StoreVariant, Variant
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery, Refusal, WorkerRun
from comanda.integrations.models import FormerUrl, Integration, IntegrationSecret, Mapping
from comanda.orders.models import Order, OrderKey, OrderLine, OrderPart
from comanda.repair.models import Correction, Retry, RetryItem

__all__ = [
    "Account",
    "ApiToken",
    "Attempt",
    "AuditEntry",
    "Correction",
    "Delivery",
    "FormerUrl",
    "Intake",
    "Integration",
    "IntegrationSecret",
    "Invitation",
    "Link",
    "LinkItem",
    "Mapping",
    "Member",
    "Order",
    "OrderKey",
    "OrderLine",
    "OrderPart",
    "Problem",
    "Product",
    "Refusal",
    "Retry",
    "RetryItem",
    "StoreVariant",
    "User",
    "Variant",
    "WorkerRun",
]
