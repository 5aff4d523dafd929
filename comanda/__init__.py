"""Comanda: every order registered, or explained."""

__version__ = "0.1.0"
