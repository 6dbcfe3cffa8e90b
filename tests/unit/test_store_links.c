/* Secret links, their options, and what was published of feeds: what goes in comes out, and what only
 * grows never falls. */
#include "store_kit.h"

static void links_open_turn_and_shut(void **state)
{
	(void)state;
	struct err err;
	struct link_list list;
	struct db *db = kit_people();
	for (int kind = 0; kind < LINK_KIND_COUNT; kind++) {
		enum link_kind back;
		struct link link = {.kind = (enum link_kind)kind,
				    .owner = "anna",
				    .label = (char *)"telefoon",
				    .generation = 1,
				    .created_at = NEW_YEAR + kind};
		assert_true(link_kind_from_word(link_kind_word(link.kind), &back));
		assert_int_equal(back, kind);
		MUST(links_add(db, &link, &err));
		assert_int_equal(link.id, kind + 1);
	}
	enum link_kind none;
	assert_false(link_kind_from_word("door", &none));
	size_t n;
	MUST(links_revoke(db, 2, 500, &err));
	MUST(links_revoke(db, 2, 600, &err)); /* it is shut already */
	MUST(links_rotate(db, "anna", true, &n, &err));
	assert_int_equal(n, 3);
	MUST(links_rotate(db, "nobody", true, &n, &err));
	assert_int_equal(n, 0);
	MUST(links_rotate(db, "anna", false, &n, &err)); /* the feed is shut */
	assert_int_equal(n, 1);
	struct feed_mark seen = {690, {12, 34}};
	MUST(links_used(db, 3, 1, 650, "somebody with the old secret", &err));
	MUST(links_seen(db, 3, 1, 650, &seen, &err));
	MUST(links_used(db, 3, 3, 700, "Outlook/16", &err));
	MUST(links_seen(db, 4, 2, 710, &seen, &err));
	assert_false(links_revoke(db, 9, 1, &err));
	kit_says(&err, ERR_NOTFOUND, "no link 9");
	assert_false(links_used(db, 9, 1, 1, NULL, &err));
	kit_says(&err, ERR_NOTFOUND, "no link 9");
	assert_false(links_seen(db, 9, 1, 1, &seen, &err));
	kit_says(&err, ERR_NOTFOUND, "no link 9");
	MUST(links_load(db, &list, &err));
	assert_int_equal(list.n, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct link *l = &list.v[i];
		assert_int_equal(l->id, i + 1);
		assert_int_equal(l->kind, i);
		assert_string_equal(l->owner, "anna");
		assert_string_equal(l->label, "telefoon");
		assert_int_equal(l->generation, i == 1 ? 1 : i == 2 ? 3 : 2);
		assert_int_equal(l->created_at, NEW_YEAR + (int)i);
		assert_int_equal(l->revoked_at, i == 1 ? 500 : 0);
		assert_int_equal(l->used_at, i == 2 ? 700 : 0);
		kit_same_text(l->agent, i == 2 ? "Outlook/16" : NULL);
		assert_int_equal(l->seen_at, i == 3 ? 710 : 0);
		assert_int_equal(l->seen.last_modified, i == 3 ? 690 : 0);
		assert_int_equal(l->seen.past.change, i == 3 ? 12 : 0);
		assert_int_equal(l->seen.past.session, i == 3 ? 34 : 0);
	}
	link_list_fini(&list);
	MUST(links_rotate(db, "anna", true, &n, &err)); /* and nobody has used the new ones yet */
	MUST(links_load(db, &list, &err));
	for (size_t i = 0; i < 4; i++)
		assert_true(i == 1 ||
			    (!list.v[i].used_at && !list.v[i].agent && !list.v[i].seen_at &&
			     !list.v[i].seen.past.change && !list.v[i].seen.past.session));
	link_list_fini(&list);
	kit_refuses(db, "UPDATE link SET generation = 0", "never falls");
	struct link bad = {.owner = "../x", .alarm_min = ALARM_NONE};
	assert_false(links_add(db, &bad, &err));
	kit_says(&err, ERR_BUG, "CHECK");
	db_close(db);
}

static struct link link_of(struct db *db, int64_t id)
{
	struct err err;
	struct link_list list;
	struct link out = {.id = 0};
	MUST(links_load(db, &list, &err));
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i].id == id)
			out = list.v[i];
	assert_int_equal(out.id, id);
	out.label = out.agent = NULL;
	link_list_fini(&list);
	return out;
}

static void links_keep_their_options(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	enum link_client client;
	enum feed_obligations obligations;
	for (int i = 0; i < LINK_CLIENT_COUNT; i++) {
		assert_true(link_client_from_word(link_client_word((enum link_client)i), &client));
		assert_int_equal(client, i);
	}
	for (int i = 0; i < OBLIGATIONS_COUNT; i++) {
		assert_true(obligations_from_word(obligations_word((enum feed_obligations)i),
						  &obligations));
		assert_int_equal(obligations, i);
	}
	assert_false(link_client_from_word("fax", &client));
	assert_false(obligations_from_word("", &obligations));
	/* as it was made before there were options */
	kit_does(db, "INSERT INTO link (kind, owner, label, generation, created_at, revoked_at,"
		     " used_at) VALUES ('feed', 'anna', '', 1, 1, 0, 0)");
	struct link link = link_of(db, 1);
	assert_int_equal(link.client, CLIENT_OTHER);
	assert_int_equal(link.alarm_min, ALARM_NONE);
	assert_int_equal(link.obligations, OBLIGATIONS_EVENTS);
	assert_int_equal(link.changes, 0);

	struct link other = {.kind = LINK_FEED,
			     .owner = "anna",
			     .generation = 1,
			     .client = CLIENT_APPLE,
			     .alarm_min = 15,
			     .obligations = OBLIGATIONS_TODOS};
	MUST(links_add(db, &other, &err));
	/* what does not change a byte of its feed does not count */
	other.client = CLIENT_GNOME;
	MUST(links_set(db, &other, &err));
	assert_int_equal(link_of(db, other.id).changes, 0);
	assert_int_equal(link_of(db, other.id).client, CLIENT_GNOME);
	for (int i = 1; i <= LINK_CHANGES_MAX; i++) {
		other.alarm_min = i % 2 ? ALARM_NONE : ALARM_MAX;
		MUST(links_set(db, &other, &err));
	}
	link = link_of(db, other.id);
	assert_int_equal(link.changes, LINK_CHANGES_MAX);
	assert_int_equal(link.alarm_min, ALARM_MAX);
	other.obligations = OBLIGATIONS_NONE;
	assert_false(links_set(db, &other, &err));
	kit_says(&err, ERR_LIMIT, "changed 1000 times");
	assert_int_equal(link_of(db, other.id).obligations, OBLIGATIONS_TODOS);
	assert_int_equal(link_of(db, 1).changes, 0);

	MUST(links_revoke(db, 1, 500, &err));
	link = (struct link){.id = 1, .alarm_min = 0};
	assert_false(links_set(db, &link, &err));
	kit_says(&err, ERR_CONFLICT, "link 1 is no longer in use");
	link.id = 77;
	assert_false(links_set(db, &link, &err));
	kit_says(&err, ERR_NOTFOUND, "no link 77");
	kit_refuses(db, "UPDATE link SET changes = 0", "never become fewer");
	kit_refuses(db, "UPDATE link SET alarm_min = 40321", "CHECK");
	kit_refuses(db, "UPDATE link SET client = 'fax'", "CHECK");
	db_close(db);
}

static void bodies_only_grow_younger(void **state)
{
	(void)state;
	struct err err;
	struct body_state_list list;
	struct db *db = kit_people();
	struct body_state v[] = {
		{"bram", "full", "0123456789abcdef0123456789abcdef", 10},
		{"anna", "full", "b", 20},
		{"anna", "busy", "c", 30},
	};
	for (int i = 0; i < 3; i++)
		MUST(bodies_put(db, &v[i], &err));
	memcpy(v[1].etag, "new", 4);
	v[1].last_modified = 21;
	MUST(bodies_put(db, &v[1], &err));
	v[2].last_modified = 29;
	assert_false(bodies_put(db, &v[2], &err));
	kit_says(&err, ERR_CONFLICT, "last_modified of a feed never falls");
	v[2].last_modified = 30;
	MUST(bodies_load(db, &list, &err));
	assert_int_equal(list.n, 3);
	for (int i = 0; i < 3; i++) {
		const struct body_state *want = &v[2 - i]; /* by owner, variant */
		assert_string_equal(list.v[i].owner, want->owner);
		assert_string_equal(list.v[i].variant, want->variant);
		assert_string_equal(list.v[i].etag, want->etag);
		assert_int_equal(list.v[i].last_modified, want->last_modified);
	}
	body_state_list_fini(&list);
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(links_open_turn_and_shut),
		TEST(links_keep_their_options),
		TEST(bodies_only_grow_younger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
