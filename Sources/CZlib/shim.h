// The system's zlib: answers compressed for APIs that cannot (RFC 1952).
#pragma once
#include <zlib.h>

// Swift does not import function-like macros. Gzip's own header and trailer are 16 more than the window.
static inline int holdfast_gzip_init(z_stream *stream, int level, int window, int memory) {
    return deflateInit2(stream, level, Z_DEFLATED, window + 16, memory, Z_DEFAULT_STRATEGY);
}
// For tests: reads what was written.
static inline int holdfast_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
