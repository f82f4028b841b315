"""Tables, migrations, and one file of queries per noun. Every query says first on whose behalf it runs."""
