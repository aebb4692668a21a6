"""What the end-to-end tests are made with: throw-away sites, web servers, clients, samples."""
