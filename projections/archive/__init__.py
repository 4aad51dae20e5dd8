"""The archive view: who is to be supervised, who keeps an archive, what was visited, found and handled, and classes."""
