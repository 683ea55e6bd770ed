"""What a DataService costs in a month: its pods' requests and its volume, times a price."""
