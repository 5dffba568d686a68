"""Measurements that anyone can repeat. Each module prints one table; load goes to this machine only and stops by itself."""
