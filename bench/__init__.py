"""Side-by-side benchmarks: server CPU per request, requests per second, start-up time, idle memory."""
