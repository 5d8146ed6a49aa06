// Latencies of a load generator in a histogram, exact to about 3 %.
#include "reference.h"

enum { STEPS = 32, BUCKETS = 64 * STEPS };

static long long histogram[BUCKETS];

// Buckets are linear below STEPS, then STEPS to each power of two.
static void record(long long ns)
{
    unsigned long long value = ns < 0 ? 0 : ns;
    if (value >= STEPS) {
        int shift = 63 - __builtin_clzll(value) - 5;
        value = (unsigned long long)shift * STEPS + (value >> shift);
    }
    histogram[value]++;
}

static long long percentile(long long total, double share)
{
    long long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (seen > 0 && seen >= total * share)
            return i < STEPS ? i : (long long)(i % STEPS + STEPS) << (i / STEPS - 1);
    }
    return 0;
}
