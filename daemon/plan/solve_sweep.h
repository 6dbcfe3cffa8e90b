/* plan/solve_sweep.h -- the inner loops of the solver for one lane width and one instruction set;
 * included by solve_kernels.c once for each, after defining
 *
 *   SWEEP, F(name)	the function, and a name of its own for each helper
 *   TARGET		the attribute that allows the instructions
 *   LANE, VEC, LOOSE	the integer, a vector of it, the same vector at any address
 *   VECS, TILE, NEVER	vectors and lanes in a tile, the value of "impossible"
 *   LOWER(a, b)	lane by lane the lower one; ANY(m): is any lane not 0
 *
 * rest[j][u] = min over the next node k of gap_cost(k - j) + open[k][u]
 * open[k][u] = min over the slots (units, price) of k of price + rest[k][u - units]
 *
 * Two things make it fast. One tile of units is finished for all nodes before the next, so that
 * accumulators stay in registers (for which the loops over them have to be unrolled). And the gap
 * cost is convex: when a nearer node k1 is no worse than k2 seen from j, it is no worse seen from
 * any node before j, so k2 is struck from the list of live nodes as soon as that holds in every
 * lane. What is left is a handful. */

TARGET static inline void F(fill)(LANE *to, size_t n, LANE value)
{
	for (size_t i = 0; i < n; i++)
		to[i] = value;
}

/* rest[j] of one tile into @to; strikes the live nodes that are of no more use. */
TARGET static inline void F(next_node)(const struct solve_work *w, int32_t day,
				       struct solve_live *live, const LANE *tile, LANE *restrict to)
{
	int32_t keep = live->past;
	VEC low[VECS];

#pragma GCC unroll 8
	for (int i = 0; i < VECS; i++)
		low[i] = (VEC){0} + NEVER;
	for (int32_t r = live->past; r-- > live->first;) {
		int32_t k = live->v[r];
		const VEC *open = (const VEC *)(tile + (size_t)k * TILE);
		LANE gap = (LANE)w->gap_cost[w->node[k].day - day];
		VEC better = {0};

#pragma GCC unroll 8
		for (int i = 0; i < VECS; i++) {
			VEC v = open[i] + gap;
			better |= (VEC)(low[i] > v);
			low[i] = LOWER(low[i], v);
		}
		/* keep > r always, so this overwrites only what was read */
		live->v[keep - 1] = k;
		keep -= ANY(better);
	}
	live->first = keep;
#pragma GCC unroll 8
	for (int i = 0; i < VECS; i++)
		((LOOSE *)to)[i] = low[i];
}

/* open[k] of the tile that begins at unit @from; @row is rest[k]. */
TARGET static inline void F(choose)(const struct solve_work *w, const struct solve_node *k,
				    const LANE *row, int32_t from, LANE *restrict to)
{
	VEC low[VECS];

#pragma GCC unroll 8
	for (int i = 0; i < VECS; i++)
		low[i] = (VEC){0} + NEVER;
	for (size_t s = k->slot; s < k->slot + k->n_slot; s++) {
		int32_t units = w->slot[s].units;
		if (units >= from + TILE)
			break; /* no lane has that many left */
		const LOOSE *rest = (const LOOSE *)(row + from - units);
		LANE price = (LANE)w->slot[s].price;
#pragma GCC unroll 8
		for (int i = 0; i < VECS; i++) {
			VEC v = rest[i] + price;
			low[i] = LOWER(low[i], v);
		}
	}
#pragma GCC unroll 8
	for (int i = 0; i < VECS; i++)
		((VEC *)to)[i] = low[i];
}

/* Node @j in the tile that begins at unit @from and has @live and @tile. */
TARGET static inline void F(visit)(const struct solve_work *w, int32_t j, int32_t from,
				   struct solve_live *live, LANE *tile)
{
	const struct solve_node *node = &w->node[j];
	LANE *row = (LANE *)w->rest + (size_t)j * w->stride + TILE;
	LANE *open = tile + (size_t)j * TILE;
	int32_t reach = node->given ? 1 : w->min_gap;

	if (from + TILE <= node->need) { /* nor are these needed before j */
		F(fill)(row + from, TILE, NEVER);
		return;
	}
	if (j + 1 == node->stop) {
		live->first = 0;
		live->past = 1;
		live->v[0] = node->stop;
		live->pending = j;
	}
	while (live->pending > j && w->node[live->pending].day - node->day >= reach)
		live->v[live->past++] = live->pending--;
	F(next_node)(w, node->day, live, tile, row + from);
	if (node->given)
		memcpy(open, row + from, TILE * sizeof(LANE));
	else
		F(choose)(w, node, row, from, open);
}

TARGET static void SWEEP(const struct solve_work *w)
{
	size_t n = (size_t)w->n;

	for (size_t j = 0; j < n; j++)
		F(fill)((LANE *)w->rest + j * w->stride, TILE, NEVER);
	for (int32_t t = 0; t < w->n_tiles; t += w->abreast) {
		int32_t tiles = w->n_tiles - t < w->abreast ? w->n_tiles - t : w->abreast;
		struct solve_live live[ABREAST_MAX] = {{0}};

		for (int32_t i = 0; i < tiles; i++) {
			live[i].v = w->live + (size_t)i * n;
			F(fill)((LANE *)w->tile + ((size_t)i * n + n - 1) * TILE, TILE, 0);
		}
		for (int32_t j = w->n - 2; j >= 0; j--)
			for (int32_t i = 0; i < tiles; i++)
				F(visit)
		(w, j, (t + i) * TILE, &live[i], (LANE *)w->tile + (size_t)i * n * TILE);
	}
}

#undef SWEEP
#undef F
#undef TARGET
#undef LANE
#undef VEC
#undef LOOSE
#undef VECS
#undef TILE
#undef NEVER
#undef LOWER
#undef ANY
