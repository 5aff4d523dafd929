"""The words by which tools name the state of an order and of its payment: folded, in Spanish, English and Portuguese."""

import re

CANCELLED = re.compile(r"\b(cancel|anulad|void|rechazad|refund|reembols|devuelt|returned|reversad|estornad)")
DRAFT = re.compile(r"\b(draft|borrador|rascunho|abandon|incomplet|carrito|cart\b)")
PENDING = re.compile(r"\b(pending|pendient|pendente|unpaid|no pagad|not paid|nao pag|por pagar|a pagar)")
PREPAID = re.compile(
    r"(?<!mercado )(?<!contra )(?<!de )\bpago$|\b(prepaid|paid|pagad[oa]|apro[bv]ad|approved|succe(eded|ss)|exitos"
    r"|completed|completad|captured|accredited|acreditad|prepag|anticipad)"
)
