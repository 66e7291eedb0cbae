"""What people read: the page, its plots, the doctor's page and the submissions. It computes no score."""
