"""Whether a proof is right: what it carries for that, and the checker, which knows no engine."""
