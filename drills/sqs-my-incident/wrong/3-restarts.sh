# refused because: it comes back
