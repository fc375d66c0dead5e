"""Many seeded runs of one stack under drawn faults and settings: how available is it, and what breaks it?"""
