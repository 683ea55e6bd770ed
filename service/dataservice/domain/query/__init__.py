"""What clients may ask of a list: filters, orders and fields, with MongoDB's semantics in every store."""
