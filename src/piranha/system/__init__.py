"""Thin doors to the operating system; they carry out, they never decide."""
