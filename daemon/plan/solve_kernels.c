/* The solver's inner loops, once for every lane width and instruction set. The loops themselves
 * are in solve_sweep.h; here stands what differs. Which one runs is decided by an ordinary branch
 * in solve.c and not by the loader (target_clones crashes under ThreadSanitizer), and tests can
 * call each. All compute the same integers. */
#include "solve_work.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#define HAVE_AVX2 1
#else
#define HAVE_AVX2 0
#endif

typedef int32_t vec4_i32 __attribute__((vector_size(16), may_alias));
typedef int64_t vec2_i64 __attribute__((vector_size(16), may_alias));
typedef int32_t loose4_i32 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int64_t loose2_i64 __attribute__((vector_size(16), aligned(8), may_alias));

static inline int any_128(const void *mask)
{
	int64_t v[2];
	memcpy(v, mask, sizeof(v));
	return (v[0] | v[1]) != 0;
}

#define SWEEP	sweep_portable_32
#define F(name) name##_portable_32
#define TARGET
#define LANE	    int32_t
#define VEC	    vec4_i32
#define LOOSE	    loose4_i32
#define VECS	    (TILE_32 / 4)
#define TILE	    TILE_32
#define NEVER	    NEVER_32
#define LOWER(a, b) (((a) & ((a) < (b))) | ((b) & ~((a) < (b))))
#define ANY(m)	    any_128(&(m))
#include "solve_sweep.h"

#define SWEEP	sweep_portable_64
#define F(name) name##_portable_64
#define TARGET
#define LANE	    int64_t
#define VEC	    vec2_i64
#define LOOSE	    loose2_i64
#define VECS	    (TILE_64 / 2)
#define TILE	    TILE_64
#define NEVER	    NEVER_64
#define LOWER(a, b) (((a) & ((a) < (b))) | ((b) & ~((a) < (b))))
#define ANY(m)	    any_128(&(m))
#include "solve_sweep.h"

#if HAVE_AVX2
typedef int32_t vec8_i32 __attribute__((vector_size(32), may_alias));
typedef int64_t vec4_i64 __attribute__((vector_size(32), may_alias));
typedef int32_t loose8_i32 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int64_t loose4_i64 __attribute__((vector_size(32), aligned(8), may_alias));

#define SWEEP	    sweep_avx2_32
#define F(name)	    name##_avx2_32
#define TARGET	    __attribute__((target("avx2")))
#define LANE	    int32_t
#define VEC	    vec8_i32
#define LOOSE	    loose8_i32
#define VECS	    (TILE_32 / 8)
#define TILE	    TILE_32
#define NEVER	    NEVER_32
#define LOWER(a, b) ((VEC)_mm256_min_epi32((__m256i)(a), (__m256i)(b)))
#define ANY(m)	    (!_mm256_testz_si256((__m256i)(m), (__m256i)(m)))
#include "solve_sweep.h"

#define SWEEP	    sweep_avx2_64
#define F(name)	    name##_avx2_64
#define TARGET	    __attribute__((target("avx2")))
#define LANE	    int64_t
#define VEC	    vec4_i64
#define LOOSE	    loose4_i64
#define VECS	    (TILE_64 / 4)
#define TILE	    TILE_64
#define NEVER	    NEVER_64
#define LOWER(a, b) ((VEC)_mm256_blendv_epi8((__m256i)(a), (__m256i)(b), (__m256i)((a) > (b))))
#define ANY(m)	    (!_mm256_testz_si256((__m256i)(m), (__m256i)(m)))
#include "solve_sweep.h"
#endif

solve_sweep *solve_kernel_sweep(enum solve_kernel kernel)
{
	switch (kernel) {
	case SOLVE_PORTABLE_32: return sweep_portable_32;
	case SOLVE_PORTABLE_64: return sweep_portable_64;
#if HAVE_AVX2
	case SOLVE_AVX2_32: return __builtin_cpu_supports("avx2") ? sweep_avx2_32 : NULL;
	case SOLVE_AVX2_64: return __builtin_cpu_supports("avx2") ? sweep_avx2_64 : NULL;
#endif
	default: return NULL;
	}
}
