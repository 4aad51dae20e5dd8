"""What keeps one client from taking the service away from the others: at the socket, at the door, and inside."""
