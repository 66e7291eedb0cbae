"""report.html: one page that needs no network, made of what the stages before it wrote."""
