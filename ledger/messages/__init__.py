"""The one catalogue of texts that people read, in Chinese and English."""
