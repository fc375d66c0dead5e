# refused because: it lets everybody in
