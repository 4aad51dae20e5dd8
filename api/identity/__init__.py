"""Who speaks: bearer tokens of one OpenID provider become principals; a token tells who, never what is allowed now."""
