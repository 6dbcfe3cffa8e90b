/* pairing.c -- see the header. */
#include "work/pairing.h"

#include "base/buf.h"

#include <stdlib.h>

void pairing_init(struct pairing *out, size_t n_old, size_t n_places)
{
	*out = (struct pairing){
		.old = xcalloc(n_old, sizeof(struct session *)),
		.places = xcalloc(n_places, sizeof *out->places),
	};
}

void pairing_fini(struct pairing *pairing)
{
	xfree(pairing->old);
	xfree(pairing->places);
	*pairing = (struct pairing){.n_old = 0};
}

void pairing_add_old(struct pairing *pairing, const struct session *old)
{
	pairing->old[pairing->n_old++] = old;
}

void pairing_add_place(struct pairing *pairing, utc_t start, bool provisional, const void *of)
{
	pairing->places[pairing->n_places++] = (struct pairing_place){start, provisional, of};
}

static struct pairing_place *nearest(const struct pairing *pairing, const struct session *old)
{
	struct pairing_place *best = NULL;
	for (size_t k = 0; k < pairing->n_places; k++) {
		struct pairing_place *place = &pairing->places[k];
		if (!place->of || (old->state == STATE_BOOKED && place->provisional))
			continue;
		if (!best || llabs(place->start - old->start) < llabs(best->start - old->start))
			best = place;
	}
	return best;
}

static void run_state(struct pairing *pairing, enum state state, pairing_fn *pair, void *ctx)
{
	for (size_t i = 0; i < pairing->n_old; i++) {
		const struct session *old = pairing->old[i];
		struct pairing_place *place =
			old && old->state == state ? nearest(pairing, old) : NULL;
		if (!place)
			continue;
		pair(ctx, old, place->of);
		pairing->old[i] = NULL;
		place->of = NULL;
	}
}

void pairing_run(struct pairing *pairing, pairing_fn *pair, void *ctx)
{
	run_state(pairing, STATE_BOOKED, pair, ctx);
	run_state(pairing, STATE_PROVISIONAL, pair, ctx);
}
