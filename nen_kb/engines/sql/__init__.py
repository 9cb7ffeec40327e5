"""A program compiled to relational algebra: cohorts of patients on DuckDB, and the same statements for Spark."""
