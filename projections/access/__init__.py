"""The access view: whom every restricted stream is about, and where every organisation is."""
