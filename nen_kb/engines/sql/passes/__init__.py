"""Rewritings of a program that keep the rows of what is asked: one pass, one function, one file.

Each takes a Program and gives a Program, so that the evaluator can judge it; none knows a trial or a clause.
"""
