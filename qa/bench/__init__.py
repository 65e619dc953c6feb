"""How it scales: articles made of real sentences, and what is measured on them. `qa bench` runs it."""
