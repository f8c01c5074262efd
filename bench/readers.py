def bench_logs(o): yield from ()
bench_memory = bench_scan = bench_logs
