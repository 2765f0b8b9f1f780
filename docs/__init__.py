"""The documents, the programs that check them, and the site that is built from them (:mod:`docs.build`)."""
