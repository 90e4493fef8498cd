"""Intervalle: from vacant premises to the next lease, each decision explained."""

import gc

# Starting makes six hundred thousand objects that live as long as the process. At the usual threshold the collector
# reads them all again hundreds of times: a quarter of the start went there.
gc.set_threshold(50_000, 20, 50)
