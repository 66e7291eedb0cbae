"""What is published about known collections: title, licence and citation, as data."""
