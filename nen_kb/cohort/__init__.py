"""Whole populations: read in parts, judged in SQL, counted, and explained one by one afterwards."""
