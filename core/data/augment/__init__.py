"""Make more training rows out of the ones that are there: proposals that a person accepts.

Only rows of the train side are reworded, nothing becomes training data before it is accepted, and
what is accepted stays in its parent's group.
"""
