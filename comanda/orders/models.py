"""The registered orders, and the key by which each is registered once.

`db_constraint=False`, here and in the history: what a batch writes in one transaction is not looked up once more, row by
row, at its end. A row's account is its integration's, and that is a constraint.
"""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from comanda.accounts.models import Account
from comanda.catalogue.models import StoreVariant, Variant
from comanda.inbox.models import new_id


class OrderKey(models.Model):
    """Which order of which store: what makes registering it twice impossible, whatever integration brings it.

    It outlives deliveries and intakes. The newest version seen and a cancellation live here, so that they count
    whichever integration of the store brought them. `mark` tells two orders apart that a restored shop gave one id.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    platform = models.CharField(max_length=30)
    store_key = models.CharField(max_length=255)
    external_id = models.CharField(max_length=200)
    version = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=60, default="")
    mark = models.CharField(max_length=120, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "platform", "store_key", "external_id"], name="order_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.store_key} {self.external_id}"


class Order(models.Model):
    """A registered order. It exists exactly when the register step of its intake succeeded."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.OneToOneField(OrderKey, on_delete=models.PROTECT, related_name="order", db_constraint=False)
    intake_id = models.UUIDField()  # the intake that registered it
    number = models.CharField(max_length=120)
    status = models.CharField(max_length=12, default="open")  # open | cancelled
    currency = models.CharField(max_length=3)
    subtotal = models.DecimalField(max_digits=14, decimal_places=2)
    shipping = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    amount_due = models.DecimalField(max_digits=14, decimal_places=2)  # what the courier collects
    payment = models.CharField(max_length=10)  # cod | prepaid
    gateway = models.CharField(max_length=255)
    customer = models.TextField()  # JSON: name, email, phone, document
    shipping_address = models.TextField()  # JSON: address1, address2, city, region, country, postcode, reference
    note = models.TextField()
    version = models.DateTimeField()  # of the store's order, as registered
    content = models.CharField(max_length=32)  # a hash of all that would be registered: the same again changes nothing
    ordered_at = models.DateTimeField()
    registered_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "registered_at", "id"], name="order_recent"),
            models.Index(
                fields=["account", "registered_at", "id"], condition=Q(status="cancelled"), name="order_cancelled"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderPart(models.Model):
    """One of the store's orders that were made one order: a funnel sends each offer that a buyer takes as an order.

    There are parts only where there are several; the order's amounts are the sums of the open ones.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parts")
    key = models.OneToOneField(OrderKey, on_delete=models.PROTECT, related_name="part")
    intake_id = models.UUIDField()  # the intake that brought it
    number = models.CharField(max_length=120)
    status = models.CharField(max_length=12, default="open")  # open | cancelled
    payment = models.CharField(max_length=10)
    subtotal = models.DecimalField(max_digits=14, decimal_places=2)
    shipping = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    amount_due = models.DecimalField(max_digits=14, decimal_places=2)
    version = models.DateTimeField()
    content = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """So many of one catalogue variant, for so many of the store's product (`ordered`; null in rows of before it was kept).

    `unit_price` is what the store charged for each.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, db_index=False)
    store_variant = models.ForeignKey(StoreVariant, on_delete=models.PROTECT, db_index=False)
    linked_by = models.CharField(max_length=8)  # chosen (by a person, for this order) | link | sku
    sku = models.CharField(max_length=120)
    title = models.CharField(max_length=400)
    quantity = models.IntegerField()
    ordered = models.IntegerField(null=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=2)
    part = models.ForeignKey(OrderPart, on_delete=models.CASCADE, null=True, db_index=False, related_name="lines")

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_price
