"""What a fresh machine lacks, put in place: Python and browser packages, a private PostgreSQL, the demonstration.

`bin/serve`, `bin/intervalle` and `bin/test` start here. Everything in this package runs before anything is
installed: it imports the standard library of Python 3.11 and nothing else, not even the rest of the application.
"""
