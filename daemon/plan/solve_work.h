/* plan/solve_work.h -- what solve.c prepares for the kernels of solve_kernels.c; private. */
#ifndef PLAN_SOLVE_WORK_H
#define PLAN_SOLVE_WORK_H

#include "plan/solve.h"

/* Units are worked on in tiles of this many lanes, so that a tile's accumulators stay in
 * registers (8 SSE or 4 AVX2 ones) and its rows in the first-level cache. */
#define TILE_32 32
#define TILE_64 16

/* A place where a gap may begin or end: the start, a day with slots, a fixed day, the end. */
struct solve_node {
	int32_t day;
	bool given;	     /* the start, a fixed day or the end: nothing is chosen here */
	int32_t stop;	     /* index of the next given node: no gap reaches across it */
	int32_t need;	     /* fewer units than this are never left after this node */
	int64_t alone;	     /* cost of the gaps after it when nothing more is chosen */
	size_t slot, n_slot; /* its slots: units rising, price strictly falling */
};

struct solve_price {
	int64_t price; /* cost - w_unused * units: what the slot adds to all units unused */
	int32_t units;
};

/* The nodes that the next gap may end at, for one tile: v[first..past), nearest last; nodes from
 * `pending` down are still too near. */
struct solve_live {
	int32_t *v;
	int32_t first, past, pending;
};

/* As many tiles are carried through the nodes together as make a row worth fetching: where rows
 * are longer than the first-level cache likes, every tile alone would fetch them all again. */
#define ABREAST_MAX  8
#define ABREAST_FROM 4096 /* bytes a row */

struct solve_work {
	int32_t n; /* nodes, start and end included */
	int32_t n_tiles;
	int32_t min_gap; /* >= 1 */
	size_t stride; /* lanes from one row to the next; the first tile of a row is never < LIMIT */
	const struct solve_node *node;
	const struct solve_price *slot;
	const int64_t *gap_cost; /* [days + 2] by length */
	int32_t abreast;	 /* tiles that are worked on together, 1..ABREAST_MAX */
	int32_t *live;		 /* [abreast][n] scratch of the kernel */
	/* lanes of 32 or 64 bits */
	void *rest; /* [n][stride]: rest[j][u], cheapest way from node j to the end, u units left */
	void *tile; /* [abreast][n][TILE]: the same with a session on j still to choose */
};

/* Stands for "impossible" in a lane. Real values keep below a half of it (solve.c proves that
 * before it chooses 32 bits), so adding one price and one gap neither overflows nor looks real. */
#define NEVER_32 ((int32_t)1 << 30)
#define NEVER_64 ((int64_t)1 << 62)

typedef void solve_sweep(const struct solve_work *work);
/* NULL when this machine has not got it. */
solve_sweep *solve_kernel_sweep(enum solve_kernel kernel);

#endif
