"""What can be shipped (the catalogue), what the stores sell, and the links between them."""

from django.db import models

from comanda.accounts.models import Account


class Product(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="products")
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "name"], name="product_name")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One thing that can be shipped. `stock` is null where nobody counts it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=255, default="", blank=True)
    sku = models.CharField(max_length=120, default="", blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    stock = models.IntegerField(null=True)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["account", "sku"], name="variant_sku")]

    def __str__(self) -> str:
        return f"{self.product.name} {self.name}".strip()


class StoreVariant(models.Model):
    """A product or variant as a store names it. It belongs to the store, so two integrations of one store share it.

    `key` is never null: `v:<variant id>`, else `p:<product id>`, else `t:<normalised title and variant title>`.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    platform = models.CharField(max_length=30)
    store_key = models.CharField(max_length=255)
    key = models.CharField(max_length=400)
    product_id = models.CharField(max_length=80, default="")
    variant_id = models.CharField(max_length=80, default="")
    sku = models.CharField(max_length=120, default="")
    title = models.CharField(max_length=400)
    variant_title = models.CharField(max_length=400, default="")
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "platform", "store_key", "key"], name="store_variant_once")
        ]
        indexes = [
            models.Index(fields=["account", "sku"], name="store_variant_sku"),
            models.Index(fields=["account", "platform", "store_key", "product_id"], name="store_variant_sibling"),
        ]

    def __str__(self) -> str:
        return self.title


class Link(models.Model):
    """How a store variant is shipped: as its items (one, a pack, a kit), or not at all (`ignore`)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    store_variant = models.OneToOneField(StoreVariant, on_delete=models.CASCADE, related_name="link")
    ignore = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"link {self.pk}"


class LinkItem(models.Model):
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    quantity = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
