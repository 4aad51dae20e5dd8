"""The ledger's services run embedded by default and never outlive the process that started them."""
