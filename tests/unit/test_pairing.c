/* test_pairing.c -- who lost his place takes the nearest that he may have, booked ones first. */
#include "base/buf.h"
#include "work/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct buf told;

static void tell(void *ctx, const struct session *old, const void *of)
{
	assert_ptr_equal(ctx, &told);
	buf_addf(&told, "%lld>%s ", (long long)old->id, (const char *)of);
}

struct place {
	utc_t start;
	bool provisional;
	const char *name;
};

static void says(const struct session *old, size_t n_old, const struct place *places,
		 size_t n_places, const char *want, const char *left)
{
	struct pairing p;
	pairing_init(&p, n_old, n_places);
	for (size_t i = 0; i < n_old; i++)
		pairing_add_old(&p, &old[i]);
	for (size_t i = 0; i < n_places; i++)
		pairing_add_place(&p, places[i].start, places[i].provisional, places[i].name);
	pairing_run(&p, tell, &told);
	assert_string_equal(buf_str(&told), want);
	buf_clear(&told);
	for (size_t i = 0; i < p.n_old; i++)
		if (p.old[i])
			buf_addf(&told, "%lld ", (long long)p.old[i]->id);
	for (size_t i = 0; i < p.n_places; i++)
		if (p.places[i].of)
			buf_addf(&told, "%s ", (const char *)p.places[i].of);
	assert_string_equal(buf_str(&told), left);
	buf_fini(&told);
	pairing_fini(&p);
}

#define N(v) sizeof(v) / sizeof *(v)

static void the_nearest_first_come(void **state)
{
	(void)state;
	const struct session old[] = {{.id = 1, .start = 100, .state = STATE_BOOKED},
				      {.id = 2, .start = 200, .state = STATE_BOOKED}};
	const struct place places[] = {{10, false, "a"}, {190, false, "b"}, {210, false, "c"}};
	says(old, 2, places, N(places), "1>a 2>b ", "c "); /* as near: the first; b and c too */
	says(old, 2, places, 1, "1>a ", "2 ");
	says(old, 0, places, N(places), "", "a b c ");
	says(old, 2, NULL, 0, "", "1 2 ");
}

static void what_is_booked_goes_first_and_takes_nothing_provisional(void **state)
{
	(void)state;
	const struct session old[] = {{.id = 1, .start = 100, .state = STATE_PROVISIONAL},
				      {.id = 2, .start = 110, .state = STATE_BOOKED},
				      {.id = 3, .start = 300, .state = STATE_BOOKED}};
	const struct place places[] = {{100, false, "a"}, {110, true, "b"}, {300, true, "c"}};
	says(old, N(old), places, N(places), "2>a 1>b ", "3 c ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_first_come),
		cmocka_unit_test(what_is_booked_goes_first_and_takes_nothing_provisional),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
