"""The demo: a merchant of Colombia with a store of every builder, and orders that show what Comanda does with them."""
