"""What the C library (glibc) of a worker keeps of its memory from clip to clip, as variables with which it starts.

It may else give the memory of each array back to the kernel and ask for it anew, a million pages for a hundred clips and a
fifth of the time of the features.
"""

VARIABLES = {"MALLOC_TRIM_THRESHOLD_": f"{1 << 28}", "MALLOC_MMAP_THRESHOLD_": f"{1 << 25}"}
"""In bytes."""
