"""Prompts made audible: text to the A-law files of sounds/, and the checks on them."""
