"""Static checks of the tree. `python3 -m checks --root DIR source` runs those that need no build.

A check is a module with `check(tree, options)` that yields Finding; its docstring says the law.
"""
