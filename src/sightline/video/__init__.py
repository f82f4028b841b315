"""Video files to frames and packets, packets to recorded segments, segments to clips."""
