"""Why not, and how near: what keeps a patient out, and what it would take."""
