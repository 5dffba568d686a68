"""What an operator asks of an installation that no role does: a backup of it, a backup put back, and whether all is well."""
