"""What models answered against what people made of it, field by field: how good, where, how sure.

Why things are counted as they are: docs/decisions/007-honest-evaluations.md.
"""
