"""Facts: exact interval values, partial dates, and the records of one patient."""
