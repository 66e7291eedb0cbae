"""What people read: the page, its plots, the table, the doctor's page and the submissions. Nothing is scored here."""
