"""The backend that forks programs from a warm process."""
