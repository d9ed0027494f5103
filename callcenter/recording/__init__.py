"""Recordings of calls: from the two raw files of Asterisk to one checked stereo file, and its end by retention."""
