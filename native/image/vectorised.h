#pragma once

/// Before a loop over pixels: it is compiled for the baseline and once more for AVX2, and the processor
/// decides when the program is loaded. Results are the same to the bit (no contraction of floating-point
/// operations). Elsewhere the baseline is all there is: NEON is part of ARMv8's. Not under sanitizers, which
/// cannot be called before the loader is done.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define ROADWATCH_VECTORISED __attribute__((target_clones("avx2", "default")))
#else
#define ROADWATCH_VECTORISED
#endif
